// Dice, confusion counts, dropout, AdamW.

#include "kernels/adamw.hpp"
#include "kernels/confusion.hpp"
#include "kernels/dice.hpp"
#include "kernels/dropout.hpp"
#include "kernels/naive/dice.hpp"
#include "kernels/naive/softmax.hpp"
#include "kernels/softmax_dice.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

std::vector<std::int32_t> labels_of(Index count, Index classes) {
  Rng rng(3);
  std::vector<std::int32_t> labels(static_cast<std::size_t>(count));
  for (std::int32_t& label : labels) {
    label = static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(classes)));
  }
  return labels;
}

std::vector<DiceOptions> dice_options(Index channels) {
  const std::vector<double> mean = filled<double>(channels, 1 / static_cast<double>(channels));
  const DiceMode whole = channels == 1 ? DiceMode::binary : DiceMode::multiclass;
  return {{.mode = whole, .weights = mean},
          {.mode = whole, .log_loss = true, .smooth = 1, .weights = mean},
          {.mode = whole, .ignore_index = 0, .weights = mean},
          {.mode = DiceMode::multilabel, .ignore_index = 2, .weights = mean}};
}

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
        constexpr double kStep = 1e-4;
        const double value = wide[i];
        wide[i] = value + kStep;
        const double above = naive::dice<double>(s.of(wide), labels.data(), options);
        wide[i] = value - kStep;
        const double below = naive::dice<double>(s.of(wide), labels.data(), options);
        wide[i] = value;
        slopes.push_back(0.5 * (above - below) / (2 * kStep));
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

template <class T>
void check_confusion(const ImageSize& s) {
  const auto x = uniform<T>("x", s.numel());
  const auto scores = widened(x);
  const auto labels = labels_of(s.pixels(), s.c + 2);  // c and c + 1 are out of range
  const Index ignored = s.c + 1, side = s.c + 1;
  std::vector<std::int64_t> expected(static_cast<std::size_t>(s.n * side * side), 0);
  for (Index pixel = 0; pixel < s.pixels(); ++pixel) {
    const Index label = labels[static_cast<std::size_t>(pixel)];
    if (label == ignored) continue;
    const double* const row = scores.data() + pixel * s.c;
    const Index prediction = std::max_element(row, row + s.c) - row;
    const Index at = (pixel / (s.h * s.w) * side + std::min(label, s.c)) * side + prediction;
    ++expected[static_cast<std::size_t>(at)];
  }
  const auto check = [&](const auto& device) {
    std::vector<std::int64_t> counts(expected.size(), -1);
    auto workspace = scratch(confusion_workspace_bytes<T>(device, s.n, s.c, s.h, s.w));
    confusion<T>(device, s.of(x), labels.data(), ignored, counts.data(), workspace);
    CHECK(counts == expected);
  };
  on_cpus<T>(check);
  on_cards<T>(check);
}

TEST_CASE_TEMPLATE("confusion counts every pixel once, but ignored ones", T, float, double,
                   bfloat16) {
  for (const ImageSize& s : image_sizes()) {
    CAPTURE(s.str());
    check_confusion<T>(s);
  }
  check_confusion<T>({2, 90, 3, 5});  // more counters than a block has memory for
}

TEST_CASE_TEMPLATE("dropout keeps 1 - p of the elements, scaled, and remembers which", T, float,
                   double, bfloat16) {
  constexpr Index kSize = 100001;
  const std::vector<T> x = filled<T>(kSize, 1);
  const std::int64_t rng[] = {42, 7}, later[] = {42, 8};
  const auto run = [&](const auto& device, const std::int64_t* counter, std::uint32_t stream,
                       double p) {
    std::vector<T> y(kSize);
    dropout<T>(device, x, counter, stream, p, y, Write::assign);
    return y;
  };
  const auto count = [](const std::vector<T>& y, double value) {
    return std::count_if(y.begin(), y.end(), [&](T element) {
      return widened(element) == widened(static_cast<T>(value));
    });
  };
  std::vector<T> first;
  const auto check = [&](const auto& device) {
    const std::vector<T> y = run(device, rng, 0, 0.2);
    const auto kept = count(y, 1 / 0.8);
    CHECK(count(y, 0) + kept == kSize);
    CHECK(std::abs(static_cast<double>(kept) / kSize - 0.8) < 0.005);  // 4 standard deviations
    if (first.empty()) first = y;
    CHECK(same_bits(y, first));  // on the CPU and on GPUs
    CHECK_FALSE(same_bits(y, run(device, later, 0, 0.2)));
    CHECK_FALSE(same_bits(y, run(device, rng, 1, 0.2)));
    std::vector<T> sum = x;
    dropout<T>(device, x, rng, 0, 0.2, sum, Write::accumulate);
    CHECK(widened(sum[0]) == widened(y[0]) + 1);
    CHECK(count(run(device, rng, 0, 1.0), 0) == kSize);
  };
  on_cpus<T>(check);
  on_cards<T>(check);
}

TEST_CASE_TEMPLATE("adamw: PyTorch's two steps, and the formula on many elements", T, float,
                   double) {
  std::vector<T> p = {1}, m = {0}, v = {0};
  const std::vector<T> g1 = {T(.5)}, g2 = {T(-.2)};
  const double first[] = {1e-2, 1}, second[] = {1e-2, 2};
  adamw<T>(Cpu{1}, p, g1, m, v, first, {});
  CHECK(std::abs(p[0] - 0.9898999929428101) < 1e-7);  // float32 results of torch
  adamw<T>(Cpu{1}, p, g2, m, v, second, {});
  CHECK(std::abs(p[0] - 0.9863449335098267) < 1e-7);

  constexpr Index kSize = 40003;
  const double hyper[] = {3e-3, 5};
  const AdamWOptions o{.beta1 = 0.8, .beta2 = 0.99, .eps = 1e-6, .weight_decay = 0.1};
  const auto p0 = uniform<T>("p", kSize), g = uniform<T>("g", kSize), m0 = uniform<T>("m", kSize);
  const auto v0 = uniform<T>("v", kSize, 0.1, 1);
  std::vector<double> expected;
  for (std::size_t i = 0; i < p0.size(); ++i) {
    const double gi = g[i];
    const double mi = o.beta1 * m0[i] + (1 - o.beta1) * gi;
    const double vi = o.beta2 * v0[i] + (1 - o.beta2) * gi * gi;
    const double m_hat = mi / (1 - std::pow(o.beta1, 5)), v_hat = vi / (1 - std::pow(o.beta2, 5));
    expected.push_back(p0[i] * (1 - 3e-3 * o.weight_decay) -
                       3e-3 * m_hat / (std::sqrt(v_hat) + o.eps));
  }
  check_assigned<T>(expected, tolerance<T>(), [&](const auto& device, T* out) {
    std::copy(p0.begin(), p0.end(), out);
    std::vector<T> mi = m0, vi = v0;
    std::vector<bfloat16> twin(p0.size());
    adamw<T>(device, {out, p0.size()}, g, mi, vi, hyper, o, twin);
    for (std::size_t i = 0; i < twin.size(); i += 997) {
      CHECK(twin[i].bits == bfloat16(static_cast<float>(out[i])).bits);
    }
    std::copy(p0.begin(), p0.end(), out);
    mi = m0;
    vi = v0;
    adamw<T>(device, {out, p0.size()}, g, mi, vi, hyper, o);
  });
}

}  // namespace
}  // namespace fpanet::kernels
