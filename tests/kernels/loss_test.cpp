// Dice, confusion counts, dropout, AdamW.

#include "kernels/adamw.hpp"
#include "kernels/confusion.hpp"
#include "kernels/dice.hpp"
#include "kernels/dropout.hpp"
#include "kernels/naive/dice.hpp"
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
                   double) {
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
      check_assigned<T>({loss}, tolerance<T>(), [&](const Cpu& cpu, T* out) {
        auto workspace = scratch(dice_workspace_bytes<T>(cpu, s.pixels(), s.c));
        dice<T>(cpu, s.of(p), labels.data(), options, out, sums.data(), workspace);
      });

      const T dloss = T(0.5);
      std::vector<T> dp(p.size()), first;
      for (const int threads : {1, 2, 4}) {
        auto workspace = scratch(dice_workspace_bytes<T>(Cpu{threads}, s.pixels(), s.c));
        dice_backward<T>(Cpu{threads}, labels.data(), sums.data(), &dloss, options,
                         s.over(dp.data()), Write::assign, workspace);
        if (first.empty()) first = dp;
        CHECK(same_bits(dp, first));
      }
      for (std::size_t i = 0; i < wide.size(); i += 1 + wide.size() / 5) {
        constexpr double kStep = 1e-4;
        const double value = wide[i];
        wide[i] = value + kStep;
        const double above = naive::dice<double>(s.of(wide), labels.data(), options);
        wide[i] = value - kStep;
        const double below = naive::dice<double>(s.of(wide), labels.data(), options);
        wide[i] = value;
        const double numeric = 0.5 * (above - below) / (2 * kStep);
        CHECK(std::abs(static_cast<double>(dp[i]) - numeric) <
              (std::is_same_v<T, float> ? 1e-5 : 1e-7));
      }
    }
  }
}

TEST_CASE("confusion counts every pixel once, but ignored ones") {
  for (const ImageSize& s : image_sizes()) {
    CAPTURE(s.str());
    const auto x = uniform<float>("x", s.numel());
    auto labels = labels_of(s.pixels(), s.c + 2);  // c and c + 1 are out of range
    const Index ignored = s.c + 1, side = s.c + 1;
    std::vector<std::int64_t> expected(static_cast<std::size_t>(s.n * side * side), 0);
    for (Index pixel = 0; pixel < s.pixels(); ++pixel) {
      const Index label = labels[static_cast<std::size_t>(pixel)];
      if (label == ignored) continue;
      const float* const scores = x.data() + pixel * s.c;
      const Index prediction = std::max_element(scores, scores + s.c) - scores;
      const Index row = pixel / (s.h * s.w) * side + std::min(label, s.c);
      ++expected[static_cast<std::size_t>(row * side + prediction)];
    }
    for (const int threads : {1, 2, 4}) {
      std::vector<std::int64_t> counts(expected.size(), -1);
      auto workspace = scratch(confusion_workspace_bytes<float>(Cpu{threads}, s.n, s.c, s.h, s.w));
      confusion<float>(Cpu{threads}, s.of(x), labels.data(), ignored, counts.data(), workspace);
      CHECK(counts == expected);
    }
  }
}

TEST_CASE_TEMPLATE("dropout keeps 1 - p of the elements, scaled, and remembers which", T, float,
                   double) {
  constexpr Index kSize = 100001;
  const std::vector<T> x(kSize, T(1));
  const std::int64_t rng[] = {42, 7}, later[] = {42, 8};
  const auto run = [&](const std::int64_t* counter, std::uint32_t stream, int threads) {
    std::vector<T> y(kSize);
    dropout<T>(Cpu{threads}, x, counter, stream, 0.2, y, Write::assign);
    return y;
  };
  const std::vector<T> y = run(rng, 0, 1);
  const auto kept = std::count(y.begin(), y.end(), T(1 / 0.8));
  CHECK(std::count(y.begin(), y.end(), T(0)) + kept == kSize);
  CHECK(std::abs(static_cast<double>(kept) / kSize - 0.8) < 0.005);  // 4 standard deviations
  CHECK(same_bits(y, run(rng, 0, 2)));
  CHECK(same_bits(y, run(rng, 0, 4)));
  CHECK_FALSE(same_bits(y, run(later, 0, 1)));
  CHECK_FALSE(same_bits(y, run(rng, 1, 1)));
  std::vector<T> sum = x;
  dropout<T>(Cpu{2}, x, rng, 0, 0.2, sum, Write::accumulate);
  CHECK(sum[0] == y[0] + 1);
  std::vector<T> none(kSize, T(3));
  dropout<T>(Cpu{2}, x, rng, 0, 1.0, none, Write::assign);
  CHECK(std::count(none.begin(), none.end(), T(0)) == kSize);
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
  check_assigned<T>(expected, tolerance<T>(), [&](const Cpu& cpu, T* out) {
    std::copy(p0.begin(), p0.end(), out);
    std::vector<T> mi = m0, vi = v0;
    adamw<T>(cpu, {out, p0.size()}, g, mi, vi, hyper, o);
  });
}

}  // namespace
}  // namespace fpanet::kernels
