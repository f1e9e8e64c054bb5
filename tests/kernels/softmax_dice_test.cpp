#include "kernels/softmax_dice.hpp"

#include "kernels/naive/dice.hpp"
#include "kernels/naive/softmax.hpp"
#include "tests/kernels/check.hpp"
#include "tests/kernels/dice_samples.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("softmax_dice is softmax and Dice, one after the other", T, float, double,
                   bfloat16) {
  using R = Real<T>;
  for (const ImageSize& s : image_sizes()) {
    if (s.c > kSoftmaxDiceClasses) continue;
    CAPTURE(s.str());
    const auto x = uniform<T>("x", s.numel(), -3, 3);
    const auto labels = labels_of(s.pixels(), s.c + 1);  // C is no class
    for (DiceOptions options : dice_options(s.c)) {
      if (options.mode == DiceMode::multilabel) continue;
      options.mode = DiceMode::multiclass;
      auto p = widened(x);
      naive::softmax<double>({p.data(), 1, s.pixels(), s.c}, false, p.data());
      const double loss = naive::dice<double>(s.of(p), labels.data(), options);
      std::vector<double> sums(static_cast<std::size_t>(3 * s.c));
      std::vector<R> kept(p.size());
      R dloss{};
      const auto forward = [&](const auto& device, R* to_p, R* to_loss) {
        auto workspace = scratch(softmax_dice_workspace_bytes<T>(device, s.pixels(), s.c));
        softmax_dice<T>(device, s.of(x), labels.data(), options, s.over(to_p), to_loss, sums.data(),
                        workspace);
      };
      check_assigned<R, T>({loss}, tolerance<R>(),
                           [&](const auto& device, R* out) { forward(device, kept.data(), out); });
      check_assigned<R, T>(p, tolerance<R>(),
                           [&](const auto& device, R* out) { forward(device, out, &dloss); });

      dloss = static_cast<R>(s.pixels());  // so that gradients are of the order of 1
      std::vector<double> wide_sums(sums.size()), dp(p.size()), dx(p.size());
      double unused = 0;
      const double wide_dloss = widened(dloss);
      auto workspace = scratch(dice_workspace_bytes<double>(Cpu{1}, s.pixels(), s.c));
      dice<double>(Cpu{1}, s.of(p), labels.data(), options, &unused, wide_sums.data(), workspace);
      dice_backward<double>(Cpu{1}, labels.data(), wide_sums.data(), &wide_dloss, options,
                            s.over(dp.data()), Write::assign, workspace);
      naive::softmax_backward<double>({p.data(), 1, s.pixels(), s.c}, false, dp.data(), dx.data());
      kept = narrowed<R>(p);
      check_written<T>(
          dx, tolerance<T>(kKernelFloatProduct), [&](const auto& device, T* out, Write write) {
            auto bytes = scratch(softmax_dice_workspace_bytes<T>(device, s.pixels(), s.c));
            softmax_dice_backward<T>(device, s.of(kept), labels.data(), wide_sums.data(), &dloss,
                                     options, s.over(out), write, bytes);
          });
    }
  }
}

}  // namespace
}  // namespace fpanet::kernels
