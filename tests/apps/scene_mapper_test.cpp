#include "apps/prediction/scene_mapper.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "apps/prediction/bounded_queue.hpp"
#include "apps/prediction/map_files.hpp"
#include "apps/prediction/picture_reader.hpp"
#include "data/synth.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {
namespace {

constexpr Index kClasses = 3;

/// What the network of these tests says of a pixel: its colours, as shares of their sum.
std::array<float, kClasses> shares(const std::uint8_t* pixel) {
  const float sum = static_cast<float>(pixel[0] + pixel[1] + pixel[2] + 3);
  std::array<float, kClasses> all{};
  for (std::size_t k = 0; k < all.size(); ++k) all[k] = static_cast<float>(pixel[k] + 1) / sum;
  return all;
}

Tensor colours(const Tensor& images) {
  const Shape& shape = images.shape();
  Tensor said = Tensor::empty({shape[0], kClasses, shape[2], shape[3]}, DType::f32);
  const Index pixels = shape[0] * shape[2] * shape[3];
  for (Index i = 0; i < pixels; ++i) {
    const auto all = shares(images.data<std::uint8_t>() + 3 * i);
    std::ranges::copy(all, said.data<float>() + i * kClasses);
  }
  return said;
}

SceneMapper mapper_for(const Image& picture, Index batch, bool network_on_cpu = true) {
  const ImageSize size{picture.height, picture.width};
  return {.grid = same_grid(size),
          .plan = WindowPlan(size, {32, 48}, 0.25),
          .batch = batch,
          .contents = {.classes = kClasses, .confidence = true, .probabilities = true},
          .network_on_cpu = network_on_cpu};
}

/// A picture whose pixels in a rectangle hold no data.
class WithHole : public RasterReader {
 public:
  WithHole(const Image& picture, const Window& hole)
      : inner_(picture_reader(picture, "a")), hole_(hole) {}
  const RasterInfo& info() const override { return inner_->info(); }
  RasterPatch read(const SourceWindow& window, Index height, Index width) override {
    RasterPatch patch = inner_->read(window, height, width);
    patch.valid = read_valid(
        {static_cast<Index>(window.top), static_cast<Index>(window.left), height, width});
    return patch;
  }
  std::vector<std::uint8_t> read_valid(const Window& window) override {
    std::vector<std::uint8_t> valid;
    for (Index y = window.top; y < window.top + window.height; ++y) {
      for (Index x = window.left; x < window.left + window.width; ++x) {
        valid.push_back(hides(y, x) ? 0 : 1);
      }
    }
    return valid;
  }
  bool hides(Index y, Index x) const {
    return y >= hole_.top && y < hole_.top + hole_.height && x >= hole_.left &&
           x < hole_.left + hole_.width;
  }

 private:
  std::unique_ptr<RasterReader> inner_;
  Window hole_;
};

MapRows mapped(const std::filesystem::path& folder, RasterReader& source, const SceneMapper& mapper,
               const Probabilities& network = colours, bool resume = false) {
  FinishedRows rows(folder, "job\n", resume);
  mapper.run(source, rows, network, [](Index, Index) {});
  return whole_map(rows, source.info().width, mapper.contents);
}

}  // namespace

TEST_CASE("scene mapper: blended windows say what a network of single pixels says of each") {
  for (const ImageSize& size : {ImageSize{1, 1}, {20, 31}, {32, 48}, {150, 133}, {31, 400}}) {
    CAPTURE(size.str());
    const ScratchFolder scratch;
    const Image picture = synthesize(2, 0, size).image;
    WithHole source(picture, {40, 10, 70, 60});
    const MapRows map = mapped(scratch / "rows", source, mapper_for(picture, 3));
    REQUIRE(map.height == size.height);
    REQUIRE(std::ssize(map.labels) == size.height * size.width);
    std::size_t i = 0;
    for (Index y = 0; y < size.height; ++y) {
      for (Index x = 0; x < size.width; ++x, ++i) {
        const float* const values = map.probabilities.data() + i * kClasses;
        if (source.hides(y, x)) {
          CHECK(map.labels[i] == kNoDataLabel);
          CHECK(std::isnan(map.confidence[i]));
          CHECK(std::isnan(values[2]));
          continue;
        }
        const auto wanted = shares(picture.at(y, x));
        for (std::size_t k = 0; k < kClasses; ++k) {
          CHECK(std::abs(values[k] - wanted[k]) < 1e-6F);
        }
        CHECK(map.confidence[i] == values[map.labels[i]]);
        CHECK(*std::max_element(values, values + kClasses) == values[map.labels[i]]);
      }
    }
  }
}

TEST_CASE(
    "scene mapper: goes on behind any part, with the same rows, and skips what holds no data") {
  const ScratchFolder scratch;
  const Image picture = synthesize(2, 0, {150, 133}).image;
  WithHole source(picture, {30, 0, 100, 133});
  const SceneMapper mapper = mapper_for(picture, 2);
  const MapRows whole = mapped(scratch / "whole", source, mapper);
  const Index parts = mapper.plan.rows.count();
  REQUIRE(parts == 6);
  for (Index stop = 0; stop <= parts; ++stop) {
    CAPTURE(stop);
    {
      FinishedRows first(scratch / "rows", "job\n", false);
      FinishedRows all(scratch / "whole", "job\n", true);
      for (Index part = 0; part < stop; ++part) first.add(all.read(part));
    }
    Index seen = 0;
    const MapRows resumed = mapped(
        scratch / "rows", source, mapper,
        [&](const Tensor& images) {
          seen += images.shape()[0];
          return colours(images);
        },
        true);
    CHECK(resumed.labels == whole.labels);
    CHECK(pack(resumed) == pack(whole));
    // Three of the six rows of windows hold no data.
    if (stop == 0) CHECK(seen < mapper.plan.count());
    if (stop == parts) CHECK(seen == 0);
  }
}

TEST_CASE("scene mapper: a map is the same whether blending waits for the network or not") {
  const ScratchFolder scratch;
  const Image picture = synthesize(2, 0, {150, 133}).image;
  WithHole source(picture, {30, 0, 100, 60});
  const auto bytes = [&](bool network_on_cpu) {
    return pack(mapped(scratch / "rows", source, mapper_for(picture, 2, network_on_cpu)));
  };
  CHECK(bytes(true) == bytes(false));
}

TEST_CASE("scene mapper: a failure of any of its threads ends all and is told") {
  const ScratchFolder scratch;
  const Image picture = synthesize(2, 0, {300, 133}).image;
  bool network_on_cpu = true;
  SUBCASE("network on the CPU") {}
  SUBCASE("network on a GPU") {
    network_on_cpu = false;
  }
  const SceneMapper mapper = mapper_for(picture, 2, network_on_cpu);
  const auto told = [&](RasterReader& source, const Probabilities& network) {
    return test::message_of<std::exception>(
        [&] { mapped(scratch / "rows", source, mapper, network); });
  };
  const auto source = picture_reader(picture, "a");
  CHECK(told(*source, [](const Tensor&) -> Tensor { throw std::runtime_error("no network"); }) ==
        "no network");
  class Broken : public WithHole {
   public:
    using WithHole::WithHole;
    RasterPatch read(const SourceWindow& window, Index height, Index width) override {
      if (window.top > 100) throw std::runtime_error("broken raster");
      return WithHole::read(window, height, width);
    }
  } broken(picture, {});
  CHECK(told(broken, colours) == "broken raster");
  {
    FinishedRows rows(scratch / "gone", "job\n", false);
    std::filesystem::remove_all(scratch / "gone");
    CHECK(test::contains(test::message_of<std::exception>(
                             [&] { mapper.run(*source, rows, colours, [](Index, Index) {}); }),
                         "gone"));
  }
}

TEST_CASE("map rows: come back from bytes; others are refused") {
  const MapContents contents{.classes = 2, .confidence = true, .probabilities = true};
  MapRows rows{.height = 0, .width = 2};
  const std::array values{0.25F, 0.75F};
  rows.add_row(contents);
  rows.set_pixel(0, values.data(), contents);
  const std::vector<std::uint8_t> bytes = pack(rows);
  CHECK(bytes.size() == 2 * (1 + 4 + 8));
  const MapRows back = unpack(bytes, 2, contents);
  CHECK(back.height == 1);
  CHECK(back.labels == std::vector<std::uint8_t>{1, kNoDataLabel});
  CHECK(back.confidence[0] == 0.75F);
  CHECK(pack(back) == bytes);
  CHECK(unpack({}, 2, contents).height == 0);
  CHECK(!test::message_of<Error>([&] { unpack(bytes, 3, contents); }).empty());
}

TEST_CASE("bounded queue: finished, it gives what is left; cancelled, nothing") {
  BoundedQueue<int> queue(2);
  CHECK(queue.push(1));
  CHECK(queue.push(2));
  queue.finish();
  CHECK(queue.pop() == 1);
  CHECK(queue.pop() == 2);
  CHECK(!queue.pop());
  queue.cancel();
  CHECK(!queue.push(3));
  CHECK(!queue.pop());
}

}  // namespace fpanet
