#pragma once
// Shared by the tests of elementwise kernels: element counts and expected values.

#include <cstddef>
#include <span>
#include <vector>

#include "engine/core/index.hpp"

namespace fpanet::test {

inline constexpr Index kElementCounts[] = {1, 3, 16, 1000, 40000};  // the last takes three chunks

/// f(i) for every element.
template <class F>
std::vector<double> each(Index size, const F& f) {
  std::vector<double> values;
  for (Index i = 0; i < size; ++i) values.push_back(f(static_cast<std::size_t>(i)));
  return values;
}

template <class T>
std::span<T> span_of(T* data, Index size) {
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace fpanet::test
