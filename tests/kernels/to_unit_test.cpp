#include "kernels/to_unit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE("to_unit divides in float, whatever comes out") {
  std::vector<std::uint8_t> bytes(256);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  std::vector<float> single(256);
  std::vector<double> wide(256);
  to_unit<float>(Cpu{2}, bytes, single);
  to_unit<double>(Cpu{2}, bytes, wide);
  std::vector<bfloat16> low(256);
  to_unit<bfloat16>(Cpu{2}, bytes, low);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CHECK(single[i] == static_cast<float>(i) / 255.0F);
    CHECK(wide[i] == double{single[i]});
    CHECK(low[i].bits == bfloat16(single[i]).bits);
  }
  for (const int gpu : {0, 1}) {
    std::vector<float> on_gpu(256);
    std::vector<bfloat16> rounded(256);
    to_unit<float>(Cuda{gpu}, bytes, on_gpu);
    to_unit<bfloat16>(Cuda{gpu}, bytes, rounded);
    CHECK(same_bits(on_gpu, single));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      CHECK(rounded[i].bits == bfloat16(single[i]).bits);
    }
  }
}

/// Samples over the whole range of integers, and odd floats.
template <class Sample>
std::vector<Sample> samples_of(std::size_t count) {
  std::vector<Sample> samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto spread = static_cast<std::uint32_t>(i) * 2654435761u;
    if constexpr (std::is_same_v<Sample, float>) {
      samples[i] = i % 50 == 7 ? std::numeric_limits<float>::quiet_NaN()
                               : static_cast<float>(spread) * 1e-6F - 1000;
    } else {
      samples[i] = static_cast<Sample>(spread >> 13);
    }
  }
  return samples;
}

template <class Sample>
void check_scaled() {
  for (const Index channels : {1, 3, 4, 13}) {
    CAPTURE(channels);
    BandScale scale = BandScale::uniform(20, 240);
    const auto x = samples_of<Sample>(static_cast<std::size_t>(channels) * 257);
    for (const bool uniform : {true, false}) {
      if (!uniform) {
        for (std::size_t b = 0; b < scale.low.size(); ++b)
          scale.low[b] -= static_cast<float>(b * b);
        scale.high[1] = 3000.5F;
      }
      std::vector<float> expected(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) {
        const std::size_t band = i % static_cast<std::size_t>(channels);
        const float low = scale.low[band], high = scale.high[band];
        const float unit = (static_cast<float>(x[i]) - low) / (high - low);
        expected[i] = std::isnan(unit) ? 0.0F : std::clamp(unit, 0.0F, 1.0F);
      }
      const auto check = [&](const auto& device) {
        std::vector<float> single(x.size(), -1.0F);
        to_unit<float, Sample>(device, x, channels, scale, single);
        CHECK(same_bits(single, expected));
        std::vector<bfloat16> low(x.size());
        to_unit<bfloat16, Sample>(device, x, channels, scale, low);
        CHECK(std::ranges::equal(low, expected,
                                 [](bfloat16 a, float b) { return a.bits == bfloat16(b).bits; }));
      };
      check(Cpu{1});
      check(Cpu{3});
      check(Cuda{0});
      check(Cuda{1});
      std::vector<double> wide(x.size());
      to_unit<double, Sample>(Cpu{2}, x, channels, scale, wide);
      CHECK(std::ranges::equal(wide, expected));
    }
  }
}

TEST_CASE("to_unit: samples of every type and number of bands, on the scale of their band") {
  check_scaled<std::uint8_t>();
  check_scaled<std::uint16_t>();
  check_scaled<std::int16_t>();
  check_scaled<float>();
}

TEST_CASE("to_unit: bytes from 0 to 255 have the same bits as samples") {
  const auto x = samples_of<std::uint8_t>(1000);
  std::vector<float> bytes(x.size()), samples(x.size());
  to_unit<float>(Cpu{2}, x, bytes);
  to_unit<float, std::uint8_t>(Cpu{2}, x, 4, BandScale::bytes(), samples);
  CHECK(same_bits(bytes, samples));
}

}  // namespace
}  // namespace fpanet::kernels
