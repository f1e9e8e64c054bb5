#include "kernels/dice.hpp"

#include "kernels/naive/dice.hpp"
#include "tests/kernels/check.hpp"
#include "tests/kernels/dice_samples.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("dice against the definition; gradient against differences of it", T, float,
                   double, bfloat16) {
  using R = Real<T>;
  for (const ImageSize& s : image_sizes()) {
    for (const DiceOptions& options : dice_options(s.c)) {
      CAPTURE(s.str());
      CAPTURE(static_cast<int>(options.mode));
      const bool per_channel = options.mode == DiceMode::multilabel;
      const auto p = uniform<T>("p", s.numel(), 0, 1);
      const auto labels = labels_of(per_channel ? s.numel() : s.pixels(),
                                    per_channel ? 3 : std::max<Index>(2, s.c - 1));
      auto wide = widened(p);
      const double loss = naive::dice<double>(s.of(wide), labels.data(), options);
      std::vector<double> sums(static_cast<std::size_t>(3 * s.c));
      check_assigned<R, T>({loss}, tolerance<R>(), [&](const auto& device, R* out) {
        auto workspace = scratch(dice_workspace_bytes<T>(device, s.pixels(), s.c));
        dice<T>(device, s.of(p), labels.data(), options, out, sums.data(), workspace);
      });

      std::vector<double> slopes;  // of some elements
      const std::size_t stride = 1 + wide.size() / 5;
      for (std::size_t i = 0; i < wide.size(); i += stride) {
        slopes.push_back(0.5 * central_difference(wide[i], 1e-4, [&] {
                           return naive::dice<double>(s.of(wide), labels.data(), options);
                         }));
      }
      const double bound = std::is_same_v<T, double> ? 1e-7 : std::max(1e-5, tolerance<T>());
      check_written<T>(slopes, bound, [&](const auto& device, T* out, Write write) {
        const R dloss = R(0.5);
        std::vector<T> dp(p.size());
        for (std::size_t i = 0; i < slopes.size(); ++i) dp[i * stride] = out[i];
        auto workspace = scratch(dice_workspace_bytes<T>(device, s.pixels(), s.c));
        dice_backward<T>(device, labels.data(), sums.data(), &dloss, options, s.over(dp.data()),
                         write, workspace);
        for (std::size_t i = 0; i < slopes.size(); ++i) out[i] = dp[i * stride];
      });
    }
  }
}

TEST_CASE("dice of more classes than one kernel has arguments for") {
  const ImageSize s{1, 600, 3, 5};
  const auto p = uniform<float>("p", s.numel(), 0, 1);
  const auto labels = labels_of(s.pixels(), s.c);
  const std::vector<DiceOptions> all = dice_options(s.c);
  const DiceOptions& options = all[1];
  const auto wide = widened(p);
  const double loss = naive::dice<double>(s.of(wide), labels.data(), options);
  std::vector<double> sums(static_cast<std::size_t>(3 * s.c));
  check_assigned<float>({loss}, kKernelFloat, [&](const auto& device, float* out) {
    auto workspace = scratch(dice_workspace_bytes<float>(device, s.pixels(), s.c));
    dice<float>(device, s.of(p), labels.data(), options, out, sums.data(), workspace);
  });
  const float dloss = 1;
  std::vector<float> on_cpu(p.size());
  auto workspace = scratch(dice_workspace_bytes<float>(Cpu{1}, s.pixels(), s.c));
  dice_backward<float>(Cpu{1}, labels.data(), sums.data(), &dloss, options, s.over(on_cpu.data()),
                       Write::assign, workspace);
  check_assigned<float>(widened(on_cpu), 0, [&](const auto& device, float* dp) {
    auto memory = scratch(dice_workspace_bytes<float>(device, s.pixels(), s.c));
    dice_backward<float>(device, labels.data(), sums.data(), &dloss, options, s.over(dp),
                         Write::assign, memory);
  });
}

}  // namespace
}  // namespace fpanet::kernels
