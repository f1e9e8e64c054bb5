#include "kernels/pab_reread.hpp"

#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("pab_reread reads rows of M as channels", T, float, double, bfloat16) {
  for (const ImageSize& s : image_sizes()) {
    CAPTURE(s.str());
    const Index positions = s.h * s.w;
    const auto m = uniform<T>("m", s.numel());
    std::vector<double> y = filled<double>(s.numel(), 0);
    for (Index n = 0; n < s.n; ++n) {
      for (Index c = 0; c < s.c; ++c) {
        for (Index p = 0; p < positions; ++p) {
          // out[c][p] = M_flat[c*P + p]; channels-last memory has it at p*C + c.
          const auto from = static_cast<std::size_t>(n * s.c * positions + c * positions + p);
          y[static_cast<std::size_t>((n * positions + p) * s.c + c)] = widened(m[from]);
        }
      }
    }
    check_assigned<T>(
        y, 0, [&](const auto& device, T* out) { pab_reread<T>(device, m.data(), s.over(out)); });
    const std::vector<T> dy = narrowed<T>(y);  // so that dm = m
    check_written<T>(widened(m), tolerance<T>(), [&](const auto& device, T* out, Write write) {
      pab_reread_backward<T>(device, s.of(dy), out, write);
    });
  }
}

}  // namespace
}  // namespace fpanet::kernels
