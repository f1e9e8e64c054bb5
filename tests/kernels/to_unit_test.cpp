#include "kernels/to_unit.hpp"

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

}  // namespace
}  // namespace fpanet::kernels
