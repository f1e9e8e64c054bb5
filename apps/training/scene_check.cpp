#include "apps/training/scene_check.hpp"

#include <algorithm>
#include <set>

#include "apps/cli/progress.hpp"
#include "apps/cli/usage_error.hpp"
#include "data/image_orientation.hpp"
#include "data/padding.hpp"
#include "data/raster/raster_pairs.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {
namespace {

bool is_large_enough(const ImageSize& size, const ImageNeeds& needs) {
  return std::min(size.height, size.width) >= needs.smallest_side;
}

bool fits(const ImageSize& size, const ImageNeeds& needs) {
  return size.height % needs.stride == 0 && size.width % needs.stride == 0 &&
         is_large_enough(size, needs);
}

/// What the network takes, for a size that it does not take.
std::string expectation(const ImageSize& size, const ImageNeeds& needs) {
  const std::string like = padded_size(size, needs.stride, needs.smallest_side).str();
  if (is_large_enough(size, needs)) {
    return fmt::format("the network takes multiples of {}: expected a size like {}", needs.stride,
                       like);
  }
  return fmt::format(
      "the network takes sides of at least {}, one more than the radius of its high-pass filter: "
      "expected a size like {}, or a smaller --high-pass",
      needs.smallest_side, like);
}

/// Fails with a list of the files that cannot be used: `found` among the `scenes`, and those among
/// `others`.
[[noreturn]] void fail_for_bad_files(SceneStore& store, std::vector<std::string> found,
                                     std::size_t scenes, std::span<const Index> others,
                                     int threads) {
  const std::vector<std::string> more = store.verify(others, threads).problems;
  found.insert(found.end(), more.begin(), more.end());
  std::sort(found.begin(), found.end());
  fail("{} of {} scenes cannot be used:\n  {}", found.size(), scenes + others.size(),
       join(found, "\n  "));
}

std::vector<Index> all_but(const std::vector<Index>& scenes, const Dataset& dataset) {
  const std::set<Index> taken(scenes.begin(), scenes.end());
  std::vector<Index> others;
  for (Index i = 0; i < dataset.size(); ++i) {
    if (!taken.contains(i)) others.push_back(i);
  }
  return others;
}

void check_native_sizes(const SceneStore& store, const SceneStore::Summary& summary,
                        const SceneNeeds& needs) {
  const Dataset& dataset = store.dataset();
  for (const auto& [size, scene] : summary.sizes) {
    if (fits(size, needs.image)) continue;
    usage_fail("--image-size native: '{}' is {}, but {}", dataset.id(scene), size.str(),
               expectation(size, needs.image));
  }
  if (summary.sizes.size() < 2 || needs.batch_size == 1) return;
  const auto& [size, scene] = summary.sizes[0];
  const auto& [other_size, other] = summary.sizes[1];
  usage_fail(
      "--image-size native: '{}' is {} and '{}' is {}, but the images of a batch have one "
      "size: expected HxW, or native with --batch-size 1",
      dataset.id(scene), size.str(), dataset.id(other), other_size.str());
}

}  // namespace

void require_size_fits(const ImageSize& size, const ImageNeeds& needs) {
  if (size.native() || fits(size, needs)) return;
  usage_fail("--image-size {}: {}", size.str(), expectation(size, needs));
}

void require_window_size(const ImageSize& size, const std::string& data) {
  if (!size.native() || !is_raster_data(data)) return;
  usage_fail(
      "--image-size native: {} are rasters, of which the network sees windows of --image-size: "
      "expected a number such as 320, or HxW",
      data);
}

void require_batches_fit(const ImageSize& size, Index stride, Index images, Index batch_size,
                         Index parts) {
  const Index last = images % batch_size;
  const bool one_alone = batch_size / parts == 1 || (last > 0 && last < 2 * parts);
  if (size.height != stride || size.width != stride || !one_alone) return;
  usage_fail(
      "--image-size {}: {} images in batches of {}{} give a batch of one image, which the encoder "
      "reduces to a single pixel, but batch norm needs more than one value per channel: accepted "
      "is a larger size or another --batch-size",
      size.str(), images, batch_size,
      parts == 1 ? "" : fmt::format(", each divided among {} ranks,", parts));
}

void check_scenes(SceneStore& store, std::span<const ScenePart> parts,
                  std::span<const Index> others, const SceneNeeds& needs, MaskPolicy policy,
                  Console& console) {
  std::vector<Index> scenes;
  for (const ScenePart& part : parts) {
    scenes.insert(scenes.end(), part.scenes.begin(), part.scenes.end());
  }
  SceneStore::Summary summary;
  {
    Progress progress(console, "reading images", static_cast<std::int64_t>(scenes.size()));
    summary = store.verify(scenes, needs.threads, [&](Index) { progress.step(1); });
  }
  if (const auto& lacking = summary.too_few_bands; !lacking.empty()) {
    const std::string others_too =
        lacking.size() == 1 ? "" : fmt::format("; {} more images lack bands", lacking.size() - 1);
    throw TooFewBands(*std::min_element(lacking.begin(), lacking.end()) + others_too);
  }
  if (!store.dataset().masks_agree()) {
    fail_for_bad_files(store, std::move(summary.problems), scenes.size(),
                       all_but(scenes, store.dataset()), needs.threads);
  }
  if (!summary.problems.empty()) {
    fail_for_bad_files(store, std::move(summary.problems), scenes.size(), others, needs.threads);
  }
  if (summary.types.size() > 1) {
    const auto& [type, scene] = summary.types[0];
    const auto& [other_type, other] = summary.types[1];
    fail("all images need the same sample type, but '{}' has {} and '{}' has {}",
         printable(store.dataset().id(scene)), name_of(type), printable(store.dataset().id(other)),
         name_of(other_type));
  }
  check_native_sizes(store, summary, needs);

  auto counts = summary.of_scene.begin();
  for (const ScenePart& part : parts) {
    MaskCounts of_part;
    for (std::size_t i = 0; i < part.scenes.size(); ++i) of_part.add(*counts++);
    const std::string nothing = nothing_to_learn(of_part);
    require(nothing.empty(), "nothing {}: {}", part.purpose, nothing);
  }
  const std::string note = store.dataset().mask_note();
  if (!note.empty()) console.info("{}", note);
  for (const std::string& line : store.dataset().notes()) console.info("{}", line);
  for (const std::string& warning : mask_warnings(summary, policy)) {
    console.warning("{}", warning);
  }
  if (summary.turned.empty()) return;
  std::vector<std::string> turned;
  for (const Index scene : summary.turned) turned.push_back(store.dataset().id(scene));
  console.warning("{}", turned_warning(turned));
}

}  // namespace fpanet
