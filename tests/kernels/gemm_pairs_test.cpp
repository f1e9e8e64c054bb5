#include "kernels/gemm/pairs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "kernels/simd/cpu_isa.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

template <class T>
std::vector<T> pair_integers(Index count) {
  std::mt19937 random(5);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& v : values) v = static_cast<T>(static_cast<float>(random() % 9) - 4);
  return values;
}

/// One product of pairs with everything it reads. Rows of C lie 3 elements apart.
struct PairSample {
  Index m, n, run, segments;
  PairFactors factors = {};
  std::vector<bfloat16> a, b;

  PairSample(Index width, Index m_, Index n_, Index run_, Index segments_, bool rows_contiguous)
      : m(m_),
        n(n_),
        run(run_),
        segments(segments_),
        a(pair_integers<bfloat16>(2 * (m + 3) * (run + 2) * (segments + 1))),
        b(pair_integers<bfloat16>(2 * (run * segments + 1) * (width + 1))) {
    factors = {.a = a.data(),
               .a_row = rows_contiguous ? 2 : 2 * (run + 2),
               .a_k = rows_contiguous ? 2 * (m + 3) : 2,
               .a_segment = rows_contiguous ? 2 * (m + 3) * run : 2 * (run + 2) * m,
               .b = b.data(),
               .b_k = 2 * (width + 1),
               .b_segment = run * 2 * (width + 1),
               .m = m,
               .n = n,
               .run = run,
               .segments = segments};
  }
  Index c_row() const { return n + 3; }

  float product(Index i, Index j) const {
    float sum = 0;
    for (Index s = 0; s < segments; ++s) {
      for (Index k = 0; k < run; ++k) {
        const bfloat16* const pa =
            factors.a + i * factors.a_row + s * factors.a_segment + k * factors.a_k;
        const bfloat16* const pb = factors.b + s * factors.b_segment + k * factors.b_k + 2 * j;
        for (int half = 0; half < 2; ++half) {
          sum += static_cast<float>(pa[half]) * static_cast<float>(pb[half]);
        }
      }
    }
    return sum;
  }
};

void check_sum(const GemmPairs& gemm, const PairSample& sample) {
  auto c = pair_integers<float>(sample.m * sample.c_row());
  std::vector<float> expected = c;
  for (Index i = 0; i < sample.m; ++i) {
    for (Index j = 0; j < sample.n; ++j) {
      expected[static_cast<std::size_t>(i * sample.c_row() + j)] += sample.product(i, j);
    }
  }
  gemm.add({.factors = sample.factors, .c = c.data(), .c_row = sample.c_row()});
  CHECK(c == expected);
}

void check_rounded(const GemmPairs& gemm, const PairSample& sample, bool with_bias, bool in_place,
                   bool relu) {
  auto c = pair_integers<bfloat16>(sample.m * sample.c_row());
  const auto bias = pair_integers<float>(sample.n);
  const auto before = c;
  std::vector<bfloat16> expected = c;
  for (Index i = 0; i < sample.m; ++i) {
    for (Index j = 0; j < sample.n; ++j) {
      const auto at = static_cast<std::size_t>(i * sample.c_row() + j);
      float value = sample.product(i, j);
      if (with_bias) value += bias[static_cast<std::size_t>(j)];
      if (in_place) value += static_cast<float>(before[at]);
      expected[at] = bfloat16(relu ? std::max(value, 0.F) : value);
    }
  }
  gemm.multiply({.factors = sample.factors,
                 .c = c.data(),
                 .c_row = sample.c_row(),
                 .bias = with_bias ? bias.data() : nullptr,
                 .residual = in_place ? c.data() : nullptr,
                 .relu = relu});
  CHECK(test::same_bits(c, expected));
}

void check_gemm(const GemmPairs& gemm) {
  CAPTURE(gemm.width);
  for (const bool rows_contiguous : {false, true}) {
    for (const Index m : {1, 2, 4, 5, 7, 12, 13, 26}) {
      for (Index n = 1; n <= gemm.width; n += n < 4 ? 1 : 3) {
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(rows_contiguous);
        const PairSample one(gemm.width, m, n, 5, 1, rows_contiguous);
        const PairSample several(gemm.width, m, n, 3, 3, rows_contiguous);
        check_sum(gemm, one);
        check_sum(gemm, several);
        check_rounded(gemm, one, false, false, false);
        check_rounded(gemm, several, true, false, false);
        check_rounded(gemm, several, true, true, true);
        check_rounded(gemm, one, false, true, false);
      }
    }
    const PairSample nothing(gemm.width, 11, gemm.width, 0, 0, rows_contiguous);
    check_sum(gemm, nothing);
    check_rounded(gemm, nothing, true, false, false);
  }
}

/// Sums that bfloat16 cannot hold, ties, infinity and NaN are stored as bfloat16 itself rounds them.
void check_rounding(const GemmPairs& gemm) {
  const float special[] = {1 + 0x1p-8F,
                           1 + 0x1.8p-7F,
                           -1 - 0x1p-8F,
                           3.1415927F,
                           -1e-3F,
                           std::numeric_limits<float>::max(),
                           std::numeric_limits<float>::infinity(),
                           -std::numeric_limits<float>::infinity(),
                           std::numeric_limits<float>::quiet_NaN()};
  std::vector<float> bias;
  for (Index j = 0; j < gemm.width; ++j) bias.push_back(special[j % 9]);
  for (Index n = 1; n <= gemm.width; ++n) {
    CAPTURE(n);
    const PairSample sample(gemm.width, 1, n, 0, 0, false);
    std::vector<bfloat16> c(static_cast<std::size_t>(n));
    gemm.multiply({.factors = sample.factors, .c = c.data(), .c_row = n, .bias = bias.data()});
    for (std::size_t j = 0; j < c.size(); ++j) CHECK(c[j].bits == bfloat16(bias[j]).bits);
  }
}

TEST_CASE("gemm_pairs: integers give exactly what the loops give, rounded once") {
  const std::vector<GemmPairs> levels = gemm_pairs_variants().all();
  if (!has_cpu_isa(kBf16Isa)) {
    MESSAGE("this processor has no ", std::string(name_of(kBf16Isa)), ": its kernels were not run");
  }
  for (std::size_t i = 0; i < levels.size(); ++i) {
    CAPTURE(i);
    check_gemm(levels[i]);
    check_rounding(levels[i]);
  }
}

}  // namespace
}  // namespace fpanet::kernels
