#pragma once
// Checks lesson 3: a product of matrices against its definition, and their times.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <vector>

namespace course {

constexpr int kSize = 384;
constexpr double kGoal = 3;

/// The definition: c = a b for row-major square matrices. The loop over j strides through b.
[[gnu::noinline]] inline void naive(const float* a, const float* b, float* c, int n) {
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      float sum = 0;
      for (int k = 0; k < n; ++k) sum += a[i * n + k] * b[k * n + j];
      c[i * n + j] = sum;
    }
  }
}

using Product = void (*)(const float*, const float*, float*, int);

/// Processor time of one product, which other programs on the machine hardly change. Not inlined, so
/// that the compiler does not know which function and size it gets.
[[gnu::noinline]] inline double milliseconds(Product product, const float* a, const float* b,
                                             float* c, int n) {
  const std::clock_t start = std::clock();
  product(a, b, c, n);
  return 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

/// Returns main's exit code: 0 if the product is right and at least kGoal times as fast as naive().
inline int check(Product product) {
  std::vector<float> a(kSize * kSize), b = a, c(a.size(), NAN), expected(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<float>(static_cast<int>(i * 7 % 11) - 5);
    b[i] = static_cast<float>(static_cast<int>(i * 5 % 13) - 6);
  }
  double reference = 1e9, yours = 1e9;
  for (int round = 0; round < 5; ++round) {
    reference =
        std::min(reference, milliseconds(naive, a.data(), b.data(), expected.data(), kSize));
    yours = std::min(yours, milliseconds(product, a.data(), b.data(), c.data(), kSize));
  }
  for (std::size_t i = 0; i < c.size(); ++i) {
    if (c[i] == expected[i]) continue;  // small integers: exact in any order
    std::printf("row %zu, column %zu is %g, not %g\n", i / kSize, i % kSize,
                static_cast<double>(c[i]), static_cast<double>(expected[i]));
    return 1;
  }
  std::fprintf(stderr, "definition %.1f ms, yours %.1f ms: %.1f times as fast\n", reference, yours,
               reference / yours);
  if (reference < kGoal * yours) {
    std::printf("not yet: %g times as fast as the definition is possible\n", kGoal);
    return 1;
  }
  std::puts("right");
  return 0;
}

}  // namespace course
