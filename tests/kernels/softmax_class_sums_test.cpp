#include "kernels/softmax_class_sums.hpp"

#include "kernels/naive/softmax.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("softmax_class_sums is softmax and class_sums, one after the other", T, float,
                   double, bfloat16) {
  using R = Real<T>;
  for (const ImageSize& s : image_sizes()) {
    if (s.c > kSoftmaxSumClasses) continue;
    CAPTURE(s.str());
    const auto x = uniform<T>("x", s.numel(), -3, 3);
    const auto labels = labels_of(s.pixels(), s.c + 1);  // C is no class
    const auto dsums = uniform<double>("dsums", 3 * s.c);
    auto p = widened(x);
    naive::softmax<double>({p.data(), 1, s.pixels(), s.c}, false, p.data());
    const auto kept = narrowed<R>(p);
    for (const std::optional<Index> ignored : {std::optional<Index>(), std::optional<Index>(0)}) {
      const ClassTargets targets{.ignore_index = ignored};
      std::vector<double> expected(static_cast<std::size_t>(3 * s.c));
      auto workspace = scratch(class_sums_workspace_bytes<double>(Cpu{1}, s.pixels(), s.c));
      class_sums<double>(Cpu{1}, s.of(p), labels.data(), targets, expected.data(), workspace);
      std::vector<R> probabilities(p.size());
      const double bound = std::is_same_v<T, double> ? 1e-12 : 3e-6;
      check_assigned<double, T>(expected, bound, [&](const auto& device, double* sums) {
        auto bytes = scratch(softmax_class_sums_workspace_bytes<T>(device, s.pixels(), s.c));
        softmax_class_sums<T>(device, s.of(x), labels.data(), ignored, s.over(probabilities.data()),
                              sums, bytes);
      });
      CHECK(difference(probabilities, p) <= tolerance<R>());

      std::vector<double> dp(p.size()), dx(p.size());
      class_sums_backward<double>(Cpu{1}, labels.data(), dsums.data(), targets, s.over(dp.data()),
                                  Write::assign);
      naive::softmax_backward<double>({p.data(), 1, s.pixels(), s.c}, false, dp.data(), dx.data());
      check_written<T>(dx, tolerance<T>(kKernelFloatProduct),
                       [&](const auto& device, T* out, Write write) {
                         softmax_class_sums_backward<T>(device, s.of(kept), labels.data(),
                                                        dsums.data(), ignored, s.over(out), write);
                       });
    }
  }
}

}  // namespace
}  // namespace fpanet::kernels
