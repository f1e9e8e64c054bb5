#pragma once
// How kernels are compared with their definitions: every sample in float, double and bfloat16 on the CPU, on
// 1, 2 and 4 threads, and in float and bfloat16 on an emulated GPU (kernels/cuda/emulated.hpp),
// its threads in two orders; equal to the bit each, assigning and accumulating, with outputs and
// scratch full of NaN.

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/core/rng.hpp"
#include "engine/core/view.hpp"
#include "kernels/base/body.hpp"
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

/// Random class indices in [0, classes).
inline std::vector<std::int32_t> labels_of(Index count, Index classes) {
  Rng rng(3);
  std::vector<std::int32_t> labels(static_cast<std::size_t>(count));
  for (std::int32_t& label : labels) {
    label = static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(classes)));
  }
  return labels;
}

/// Few distinct values, so that maxima have ties.
template <class T>
std::vector<T> with_ties(Index count) {
  std::vector<T> values = uniform<T>("ties", count, -2, 2);
  for (T& value : values) value = static_cast<T>(std::round(static_cast<kernels::Real<T>>(value)));
  return values;
}

/// The slope of f() in `value`, which f reads, by a central difference; `value` is as before afterwards.
template <class F>
double central_difference(double& value, double step, const F& f) {
  const double middle = value;
  value = middle + step;
  const double above = f();
  value = middle - step;
  const double below = f();
  value = middle;
  return (above - below) / (2 * step);
}

template <class T>
double widened(T value) {
  return static_cast<double>(static_cast<kernels::Real<T>>(value));
}

template <class T>
std::vector<double> widened(const std::vector<T>& values) {
  std::vector<double> wide;
  for (const T value : values) wide.push_back(widened(value));
  return wide;
}

template <class T>
std::vector<T> narrowed(const std::vector<double>& values) {
  std::vector<T> narrow;
  for (const double value : values) narrow.push_back(static_cast<T>(value));
  return narrow;
}

template <class T>
std::vector<T> filled(Index count, double value) {
  return std::vector<T>(static_cast<std::size_t>(count), static_cast<T>(value));
}

/// Scratch memory of garbage: every double or float in it is a NaN.
inline std::vector<std::byte> scratch(std::size_t bytes) {
  return std::vector<std::byte>(bytes, std::byte{0xff});
}

/// `single` for float; for double, sums of the same terms in another order; for bfloat16, whose
/// arithmetic is float, the rounding of the result.
template <class T>
double tolerance(double single = kKernelFloat) {
  if (std::is_same_v<T, bfloat16>) return kRoundedToBfloat16;
  return std::is_same_v<T, float> ? single : kSummationOrder;
}

/// Largest |value - expected| / max(1, |expected|); infinite where a NaN came out.
template <class T>
double difference(const std::vector<T>& values, const std::vector<double>& expected) {
  REQUIRE(values.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double apart =
        std::abs(widened(values[i]) - expected[i]) / std::max(1.0, std::abs(expected[i]));
    worst = std::max(worst, std::isnan(apart) ? std::numeric_limits<double>::infinity() : apart);
  }
  return worst;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size() || a.empty()) return a.size() == b.size();
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// f(device) for the devices that have kernels of T: CPUs of 1, 2 and 4 threads, and emulated GPUs
/// of either order.
template <class T, class F>
void on_cpus(const F& f) {
  for (const int threads : {1, 2, 4}) f(Cpu{threads});
}
template <class T, class F>
void on_gpus(const F& f) {
  if constexpr (!std::is_same_v<T, double>) {
    for (const int gpu : {0, 1}) f(Cuda{gpu});
  }
}

/// kernel(device, Out* out) of elements T assigns `expected`, to the same bits on all CPUs and on
/// all GPUs. A kernel that takes a Cpu runs on those alone.
template <class Out, class T = Out, class F>
void check_assigned(const std::vector<double>& expected, double bound, const F& kernel) {
  std::vector<Out> first;
  const auto run = [&](const auto& device) {
    auto out =
        filled<Out>(static_cast<Index>(expected.size()), std::numeric_limits<double>::quiet_NaN());
    kernel(device, out.data());
    CHECK(difference(out, expected) <= bound);
    if (first.empty()) first = out;
    CHECK(same_bits(out, first));
  };
  on_cpus<T>([&](const Cpu& cpu) {
    CAPTURE(cpu.threads);
    run(cpu);
  });
  if constexpr (!std::is_same_v<T, double>) {
    if constexpr (std::is_invocable_v<const F&, const Cuda&, Out*>) {
      first.clear();
      on_gpus<T>([&](const Cuda& cuda) {
        CAPTURE(cuda.index);
        run(cuda);
      });
    }
  }
}

/// kernel(device, Out* out, write) assigns `expected`, or adds it to what is there.
template <class Out, class T = Out, class F>
void check_written(const std::vector<double>& expected, double bound, const F& kernel) {
  check_assigned<Out, T>(
      expected, bound,
      [&](const auto& device,
          Out* out) requires std::is_invocable_v<const F&, decltype(device), Out*, Write> {
        kernel(device, out, Write::assign);
      });
  const auto count = static_cast<Index>(expected.size());
  const std::vector<Out> before = uniform<Out>("before", count);
  std::vector<double> sum = expected;
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += widened(before[i]);
  check_assigned<Out, T>(
      sum, bound,
      [&](const auto& device,
          Out* out) requires std::is_invocable_v<const F&, decltype(device), Out*, Write> {
        std::copy(before.begin(), before.end(), out);
        kernel(device, out, Write::accumulate);
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
