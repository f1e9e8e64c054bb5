#pragma once
// CPU loops over elements. An output may be an input (in place) because element i reads only
// elements i.

#include <span>

#include "engine/core/parallel.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

/// y[i] (=|+=) value(i), a Real<T>.
template <class T, class F>
void elementwise(const Cpu& cpu, std::span<T> y, Write write, const F& value) {
  with_constant(write, [&](auto constant_write) {
    const auto size = static_cast<Index>(y.size());
    parallel_chunks(cpu, size, kElementwiseChunk, [&](Index begin, Index end, Index) {
      const F f = value;
      T* const out = y.data();
#pragma omp simd
      for (Index i = begin; i < end; ++i) store(out[i], f(i), constant_write);
    });
  });
}

/// y[i] = value(i), a Real<T>.
template <class T, class F>
void elementwise(const Cpu& cpu, std::span<T> y, const F& value) {
  elementwise(cpu, y, Write::assign, value);
}

}  // namespace fpanet::kernels
