#include "kernels/gemm/panel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "kernels/conv2d/inner_loops.hpp"
#include "kernels/simd/cpu_isa.hpp"

namespace fpanet::kernels {
namespace {

template <class T>
std::vector<T> integers(Index count) {
  std::mt19937 random(3);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& v : values) v = static_cast<T>(static_cast<int>(random() % 9) - 4);
  return values;
}

// What gemm/panel.hpp says, on integers: exact.
template <class T>
void check_against_loops(const Conv2dInnerLoops<T>& level, Index m, Index n, Index run,
                         Index segments, bool rows_contiguous, GemmStart start,
                         bool finish = false) {
  CAPTURE(level.width);
  CAPTURE(m);
  CAPTURE(n);
  CAPTURE(run);
  CAPTURE(segments);
  CAPTURE(rows_contiguous);
  const std::vector<T> a = integers<T>((m + 3) * (run + 2) * segments);
  const std::vector<T> b = integers<T>((run * segments + 1) * (level.width + 1));
  const std::vector<T> bias = integers<T>(level.width);
  const std::vector<T> residual = integers<T>(m * (n + 5) + 1);
  std::vector<T> c = integers<T>(m * (n + 5));
  std::vector<T> expected = c;
  GemmPanel<T> p;
  p.a = a.data();
  p.a_row = rows_contiguous ? 1 : run + 2;
  p.a_k = rows_contiguous ? m + 3 : 1;
  p.a_segment = rows_contiguous ? (m + 3) * run : (run + 2) * m;
  p.b = b.data();
  p.b_k = level.width + 1;
  p.b_segment = run * p.b_k;
  p.c = c.data();
  p.c_row = n + 5;
  p.m = m;
  p.n = n;
  p.run = run;
  p.segments = segments;
  p.start = start;
  p.bias = bias.data();
  if (finish) p.residual = residual.data() + 1;
  p.relu = finish;
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      T& sum = expected[static_cast<std::size_t>(i * p.c_row + j)];
      if (start == GemmStart::zero) sum = 0;
      if (start == GemmStart::bias) sum = p.bias[j];
      for (Index s = 0; s < segments; ++s) {
        for (Index k = 0; k < run; ++k) {
          sum +=
              p.a[i * p.a_row + s * p.a_segment + k * p.a_k] * p.b[s * p.b_segment + k * p.b_k + j];
        }
      }
      if (finish) sum = std::max(sum + p.residual[i * p.c_row + j], T(0));
    }
  }
  level.multiply(p);
  CHECK(c == expected);
}

template <class T>
void check_isa(const Conv2dInnerLoops<T>& level) {
  for (const bool rows_contiguous : {false, true}) {
    for (const Index m : {1, 2, 5, 6, 7, 10, 12, 13, 25}) {
      for (Index n = 1; n <= level.width; n += n < 4 ? 1 : 3) {
        check_against_loops(level, m, n, 5, 1, rows_contiguous, GemmStart::zero);
        check_against_loops(level, m, n, 3, 3, rows_contiguous, GemmStart::c);
        check_against_loops(level, m, n, 4, 2, rows_contiguous, GemmStart::bias, true);
      }
    }
    for (const GemmStart start : {GemmStart::zero, GemmStart::bias, GemmStart::c}) {
      check_against_loops(level, 11, level.width, 40, 2, rows_contiguous, start);
      check_against_loops(level, 11, level.width - 1, 0, 0, rows_contiguous, start);
    }
  }
}

TEST_CASE_TEMPLATE("gemm_panel: integers give exactly what the loops give", T, float, double) {
  const std::vector<Conv2dInnerLoops<T>> levels = conv2d_inner_loops_variants<T>().all();
  CHECK(levels.size() >= 2);  // generic and wide
  for (const Conv2dInnerLoops<T>& level : levels) check_isa(level);
}

TEST_CASE("cpu_features: the level in use is one this processor has") {
  CHECK(has_cpu_isa(cpu_isa()));
  const std::vector<CpuIsa> isas = available_cpu_isas();
  CHECK(isas.front() == CpuIsa::generic);
  CHECK(isas.back() == detected_cpu_isa());
  for (const CpuIsa isa : isas) CHECK(has_cpu_isa(base_of(isa)));
  MESSAGE("kernels are tested at every level up to ", std::string(name_of(isas.back())));
}

TEST_CASE("cpu_features: names, and what each level is built on") {
  CHECK(name_of(CpuIsa::avx2) == "avx2");
  CHECK(name_of(CpuIsa::neon_bf16) == "neon_bf16");
  CHECK(base_of(CpuIsa::avx512_bf16) == CpuIsa::avx512);
  CHECK(base_of(CpuIsa::avx2) == CpuIsa::generic);
  CHECK(base_of(CpuIsa::neon_bf16) == CpuIsa::neon);
  CHECK(base_of(CpuIsa::neon) == CpuIsa::generic);
#if defined(__aarch64__)
  CHECK(has_cpu_isa(CpuIsa::neon));
  CHECK_FALSE(has_cpu_isa(CpuIsa::avx2));
#else
  CHECK_FALSE(has_cpu_isa(CpuIsa::neon));
#endif
}

TEST_CASE("cpu_features: the next less capable variant stands in for one that is missing") {
  CpuVariants<int> variants{.generic = [] { return 1; }};
  CHECK(variants.choose() == 1);
  CHECK(variants.all() == std::vector<int>{1});
  variants.avx2 = variants.neon = variants.wide = [] { return 2; };
  CHECK(variants.choose() == (cpu_isa() == CpuIsa::generic ? 1 : 2));
  const bool has_avx512 = variants.of(CpuIsa::avx512) != nullptr;
  CHECK_FALSE(has_avx512);
}

}  // namespace
}  // namespace fpanet::kernels
