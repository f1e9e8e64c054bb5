#pragma once
// How kernels are compared with their definitions: every sample in float and double, on 1, 2 and 4
// threads (equal to the bit), assigning and accumulating, with outputs and scratch full of NaN.

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "engine/core/rng.hpp"
#include "engine/core/view.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet::test {

/// Uniform in [low, high), a function of the name.
template <class T>
std::vector<T> uniform(std::string_view name, Index count, double low = -1, double high = 1) {
  Rng rng(hash_name(name));
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(rng.uniform(low, high));
  return values;
}

template <class T>
std::vector<double> widened(const std::vector<T>& values) {
  return {values.begin(), values.end()};
}

template <class T>
std::vector<T> filled(Index count, double value) {
  return std::vector<T>(static_cast<std::size_t>(count), static_cast<T>(value));
}

/// Scratch memory of garbage: every double or float in it is a NaN.
inline std::vector<std::byte> scratch(std::size_t bytes) {
  return std::vector<std::byte>(bytes, std::byte{0xff});
}

/// `single` for float; for double, sums of the same terms in another order.
template <class T>
double tolerance(double single = kKernelFloat) {
  return std::is_same_v<T, float> ? single : kSummationOrder;
}

/// Largest |value - expected| / max(1, |expected|); infinite where a NaN came out.
template <class T>
double difference(const std::vector<T>& values, const std::vector<double>& expected) {
  REQUIRE(values.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double apart = std::abs(static_cast<double>(values[i]) - expected[i]) /
                         std::max(1.0, std::abs(expected[i]));
    worst = std::max(worst, std::isnan(apart) ? std::numeric_limits<double>::infinity() : apart);
  }
  return worst;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// kernel(cpu, T* out) assigns `expected`, whatever the threads.
template <class T, class F>
void check_assigned(const std::vector<double>& expected, double bound, const F& kernel) {
  std::vector<T> first;
  for (const int threads : {1, 2, 4}) {
    CAPTURE(threads);
    auto out =
        filled<T>(static_cast<Index>(expected.size()), std::numeric_limits<double>::quiet_NaN());
    kernel(Cpu{threads}, out.data());
    CHECK(difference(out, expected) <= bound);
    if (first.empty()) first = out;
    CHECK(same_bits(out, first));
  }
}

/// kernel(cpu, T* out, write) assigns `expected`, or adds it to what is there.
template <class T, class F>
void check_written(const std::vector<double>& expected, double bound, const F& kernel) {
  check_assigned<T>(expected, bound,
                    [&](const Cpu& cpu, T* out) { kernel(cpu, out, Write::assign); });
  const auto count = static_cast<Index>(expected.size());
  const std::vector<T> before = uniform<T>("before", count);
  std::vector<double> sum = expected;
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(before[i]);
  check_assigned<T>(sum, bound, [&](const Cpu& cpu, T* out) {
    std::copy(before.begin(), before.end(), out);
    kernel(cpu, out, Write::accumulate);
  });
}

/// (n,c,h,w) of a table of samples, and a window on values of that many elements.
struct ImageSize {
  Index n, c, h, w;

  Index numel() const { return n * c * h * w; }
  Index pixels() const { return n * h * w; }
  template <class T>
  View<const T> of(const std::vector<T>& values) const {
    REQUIRE(static_cast<Index>(values.size()) == numel());
    return {values.data(), n, c, h, w};
  }
  template <class T>
  View<T> over(T* values) const {
    return {values, n, c, h, w};
  }
  std::string str() const { return fmt::format("({},{},{},{})", n, c, h, w); }
};

/// Tiny, odd, one image, one channel, off the vector widths, larger than a chunk of work, and
/// shapes of FPA-Net (some with fewer rows, for the sake of time).
inline const std::vector<ImageSize>& image_sizes() {
  static const std::vector<ImageSize> sizes = {{1, 1, 1, 2},   {2, 1, 3, 5},   {1, 3, 2, 2},
                                               {2, 7, 5, 3},   {1, 15, 4, 4},  {3, 17, 3, 7},
                                               {1, 33, 6, 5},  {2, 64, 10, 6}, {1, 16, 40, 30},
                                               {1, 512, 5, 5}, {1, 3, 96, 61}, {1, 1, 130, 127}};
  return sizes;
}

}  // namespace fpanet::test
