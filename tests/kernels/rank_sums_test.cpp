#include "kernels/rank_sums.hpp"

#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("sum_ranks: the definition, in the order of ranks", T, float, double, bfloat16) {
  for (const Index ranks : {Index{0}, Index{1}, Index{2}, Index{5}}) {
    for (const Index size : {Index{0}, Index{1}, Index{300}, Index{20003}}) {
      CAPTURE(ranks);
      CAPTURE(size);
      const Index stride = size + 3;
      const auto x = uniform<T>("x", ranks * stride, -3, 3);
      std::vector<double> expected;
      for (Index i = 0; i < size; ++i) {
        Real<T> total = 0;
        for (Index r = 0; r < ranks; ++r)
          total += real(x[static_cast<std::size_t>(r * stride + i)]);
        expected.push_back(static_cast<double>(total));
      }
      check_written<T>(expected, tolerance<T>(), [&](const auto& device, T* y, Write write) {
        sum_ranks<T>(device, x.data(), ranks, stride, {y, static_cast<std::size_t>(size)}, write);
      });
    }
  }
}

TEST_CASE("sum_ranks: what the first rank has may be replaced by the sum") {
  for (const int gpu : {-1, 0, 1}) {
    std::vector<float> x = {1, 2, 3, 10, 20, 30};
    const std::span<float> y(x.data(), 3);
    if (gpu < 0) sum_ranks<float>(Cpu{2}, x.data(), 2, 3, y, Write::assign);
    if (gpu >= 0) sum_ranks<float>(Cuda{gpu}, x.data(), 2, 3, y, Write::assign);
    CHECK(x == std::vector<float>{11, 22, 33, 10, 20, 30});
  }
}

TEST_CASE("rank_statistics: those of all pixels") {
  constexpr Index kChannels = 300;
  const std::vector<Index> pixels = {7, 4, 1};
  const std::vector<double> shares = {7.0 / 12, 4.0 / 12, 1.0 / 12};
  std::vector<double> gathered(3 * 2 * kChannels), expected(2 * kChannels);
  for (Index c = 0; c < kChannels; ++c) {
    const auto values = uniform<double>(fmt::format("channel {}", c), 12, -2, 5);
    const auto statistics = [&](Index first, Index count, double* mean, double* variance) {
      for (Index i = first; i < first + count; ++i) *mean += values[static_cast<std::size_t>(i)];
      *mean /= static_cast<double>(count);
      for (Index i = first; i < first + count; ++i) {
        const double apart = values[static_cast<std::size_t>(i)] - *mean;
        *variance += apart * apart / static_cast<double>(count);
      }
    };
    Index first = 0;
    for (std::size_t r = 0; r < pixels.size(); ++r) {
      double* const of = gathered.data() + static_cast<Index>(r) * 2 * kChannels + c;
      statistics(first, pixels[r], of, of + kChannels);
      first += pixels[r];
    }
    statistics(0, 12, &expected[static_cast<std::size_t>(c)],
               &expected[static_cast<std::size_t>(kChannels + c)]);
  }
  check_assigned<double, float>(expected, kSummationOrder, [&](const auto& device, double* whole) {
    rank_statistics(device, gathered.data(), shares, kChannels, whole);
  });
}

}  // namespace
}  // namespace fpanet::kernels
