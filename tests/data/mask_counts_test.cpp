#include "data/mask_counts.hpp"

#include <doctest/doctest.h>

#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;

namespace {

/// A mask of `stray` pixels of the colour 9,9,9 and `good` ones of DeepGlobe's class 0.
LabelMap map_of(Index stray, Index good, MaskPolicy policy = MaskPolicy::ignore) {
  Image mask(1, stray + good, 3);
  std::fill_n(mask.pixels.begin(), 3 * stray, std::uint8_t{9});
  for (Index x = stray; x < stray + good; ++x) {
    const Rgb color = ClassTable::deepglobe().color(0);
    std::copy(color.begin(), color.end(), mask.at(0, x));
  }
  return labels_from_mask(mask, ClassTable::deepglobe(), policy);
}

}  // namespace

TEST_CASE("mask counts: labelled, unmatched and ignored pixels add up") {
  MaskCounts counts;
  counts.add(map_of(3, 7));
  counts.add(map_of(0, 10));
  Image indices(1, 5, 1);
  indices.pixels = {0, 255, 255, 1, 2};
  counts.add(labels_from_mask(indices, ClassTable::deepglobe(), MaskPolicy::ignore));
  CHECK(counts.scenes == 3);
  CHECK(counts.pixels == 25);
  CHECK(counts.labelled_pixels == 20);
  CHECK(counts.unmatched_pixels == 3);
  CHECK(counts.unmatched_scenes == 1);
  CHECK(counts.ignored_pixels == 2);
  CHECK(counts.ignored_scenes == 1);
  CHECK(counts.stray == std::vector<StrayColor>{{{9, 9, 9}, 3}});
  const auto warnings = mask_warnings(counts, MaskPolicy::ignore);
  REQUIRE(warnings.size() == 2);
  CHECK(contains(warnings[0],
                 "3 mask pixels in 1 scenes have a colour that no class has; they are "
                 "left out of loss and metrics (12.0 % of all pixels; most frequent: "
                 "9,9,9 (3 pixels); these look like class indices"));
  CHECK(contains(warnings[1], "2 mask pixels in 1 scenes have the value 255"));
  CHECK(nothing_to_learn(counts).empty());
}

TEST_CASE("mask counts: nothing to learn, by policy") {
  MaskCounts ignored, as_class_zero;
  ignored.add(map_of(4, 0));
  as_class_zero.add(map_of(4, 0, MaskPolicy::class_zero));
  CHECK(contains(nothing_to_learn(ignored), "none of the 4 mask pixels in 1 scenes has a class"));
  CHECK(nothing_to_learn(as_class_zero).empty());
  CHECK(nothing_to_learn({}).empty());  // no scene, which other checks report
  CHECK(mostly_unmatched(as_class_zero, MaskPolicy::class_zero));
  CHECK_FALSE(mostly_unmatched(as_class_zero, MaskPolicy::nearest));
}

TEST_CASE("mask counts: a photograph as a mask has few colours listed, all pixels counted") {
  const LabelMap map =
      labels_from_mask(test::picture(200, 200), ClassTable({{"a", {1, 2, 3}}}), MaskPolicy::ignore);
  CHECK(map.stray.size() == kMostStray);
  CHECK(map.unmatched == 200 * 200);
  CHECK(map.ignored == 200 * 200);
}

}  // namespace fpanet
