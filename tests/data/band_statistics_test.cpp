#include "data/band_statistics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "data/pixel_kinds.hpp"
#include "engine/core/error.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;
using test::message_of;

namespace {

/// The definition: sorts all samples.
template <class T>
std::array<double, 2> sorted_percentiles(const std::vector<Image>& images, std::size_t band) {
  std::vector<double> values;
  for (const Image& image : images) {
    const auto samples = image.samples<T>();
    for (std::size_t i = band; i < samples.size(); i += static_cast<std::size_t>(image.channels)) {
      if (!is_missing(samples[i], image.nodata)) values.push_back(static_cast<double>(samples[i]));
    }
  }
  std::ranges::sort(values);
  std::array<double, 2> found{};
  for (std::size_t p = 0; p < 2; ++p) {
    const double position = (p == 0 ? 0.001 : 0.999) * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const double above = values[std::min(below + 1, values.size() - 1)];
    found[p] = values[below] + (above - values[below]) * (position - static_cast<double>(below));
  }
  return found;
}

ImagePass over(const std::vector<Image>& images) {
  return [&images](const std::function<void(const Image&)>& use) {
    for (const Image& image : images) use(image);
  };
}

}  // namespace

TEST_CASE("percentiles: exactly those of the sorted samples, for every type and any threads") {
  for (const DType type : {DType::u8, DType::u16, DType::i16, DType::f32}) {
    for (const Index channels : {1, 3, 13}) {
      CAPTURE(name_of(type));
      CAPTURE(channels);
      std::vector<Image> images;
      for (Index i = 0; i < 5; ++i) {
        images.push_back(test::any_picture(23, 31 + i, channels, type, i));
      }
      images[2].nodata = 17;
      const BandScale scale = percentile_scale(over(images), 1);
      CHECK(scale == percentile_scale(over(images), 3));
      visit_sample_type(type, [&]<class T>(T) {
        for (std::size_t b = 0; b < static_cast<std::size_t>(channels); ++b) {
          const auto wanted = sorted_percentiles<T>(images, b);
          CHECK(scale.low[b] == doctest::Approx(wanted[0]).epsilon(1e-6));
          CHECK(scale.high[b] == doctest::Approx(wanted[1]).epsilon(1e-6));
        }
      });
    }
  }
}

TEST_CASE("percentiles: missing samples are left out, constant bands get a range") {
  std::vector<Image> images{Image(40, 50, 2, DType::f32)};
  images[0].nodata = -9999;
  const auto samples = images[0].samples<float>();
  for (std::size_t i = 0; i < samples.size(); i += 2) {
    samples[i] = i < 200 ? -9999.0F : 3.0F;
    samples[i + 1] = i < 100 ? std::numeric_limits<float>::quiet_NaN() : 1e9F;
  }
  const BandScale scale = percentile_scale(over(images), 1);
  CHECK(scale.low[0] == 3.0F);
  CHECK(scale.high[0] == 4.0F);
  CHECK(scale.low[1] == 1e9F);
  CHECK(scale.high[1] > scale.low[1]);
  for (float& sample : samples) sample = -9999.0F;
  CHECK(message_of<Error>([&] { percentile_scale(over(images), 1); }) ==
        "band 1: all samples of the training scenes are missing");
}

TEST_CASE("band ranges: smallest, largest and missing samples of each band") {
  Image image(1, 4, 2, DType::i16);
  image.nodata = -1;
  std::ranges::copy(std::vector<std::int16_t>{-1, 5, -300, 7, 20, -1, 4, -1},
                    image.samples<std::int16_t>().begin());
  std::vector<BandRange> ranges = band_ranges(image);
  REQUIRE(ranges.size() == 2);
  CHECK(ranges[0].smallest == -300);
  CHECK(ranges[0].largest == 20);
  CHECK(ranges[0].missing == 1);
  CHECK(ranges[1].smallest == 5);
  CHECK(ranges[1].missing == 2);
  BandRange sum;
  sum.add(ranges[1]);
  sum.add(ranges[0]);
  CHECK(sum.smallest == -300);
  CHECK(sum.largest == 20);
  CHECK(sum.samples == 8);
  CHECK(sum.missing == 3);
}

TEST_CASE("pixel kinds: ranges and nodata by band, for each type and number of bands") {
  PixelKinds kinds, more;
  Image wide(1, 3, 2, DType::u16);
  wide.nodata = 0;
  std::ranges::copy(std::vector<std::uint16_t>{5, 0, 300, 0, 0, 0},
                    wide.samples<std::uint16_t>().begin());
  kinds.add(wide);
  more.add(wide);
  more.add(Image(2, 2, 1));
  kinds.add(more);
  CHECK(kinds.problem() == "images differ in their sample type: u16 in 2, u8 in 1");
  CHECK(PixelKinds{}.problem().empty());
  CHECK(kinds.str() ==
        "pixels: 1 band of u8 in 1 images\n"
        "  band 1: 0 to 0, 0.00 % nodata\n"
        "pixels: 2 bands of u16 in 2 images\n"
        "  band 1: 5 to 300, 33.33 % nodata\n"
        "  band 2: nodata only\n");
}

}  // namespace fpanet
