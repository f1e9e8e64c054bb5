// Casts against the rounding of single numbers, on the CPU and over emulated thread blocks.

#include <doctest/doctest.h>

#include <vector>

#include "engine/core/rng.hpp"
#include "kernels/cast.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

std::vector<float> numbers(std::size_t count) {
  Rng rng(3);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(rng.normal());
  return values;
}

template <class Device>
void check_cast(const Device& device, std::size_t count) {
  CAPTURE(count);
  const std::vector<float> x = numbers(count);
  std::vector<bfloat16> low(count);
  cast<float, bfloat16>(device, x, low, Write::assign);
  std::vector<float> back(count);
  cast<bfloat16, float>(device, low, back, Write::assign);
  std::vector<bfloat16> sum = low;
  cast<float, bfloat16>(device, x, sum, Write::accumulate);
  for (std::size_t i = 0; i < count; ++i) {
    CHECK(low[i].bits == bfloat16(x[i]).bits);
    CHECK(back[i] == static_cast<float>(low[i]));
    CHECK(sum[i].bits == bfloat16(static_cast<float>(low[i]) + x[i]).bits);
  }
}

TEST_CASE("cast rounds once, also when it accumulates") {
  for (const std::size_t count : {1, 7, 8, 33, 5000}) {
    check_cast(Cpu{2}, count);
    check_cast(Cuda{}, count);
  }
}

}  // namespace
}  // namespace fpanet::kernels
