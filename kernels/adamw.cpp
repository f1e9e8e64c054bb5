#include "kernels/adamw.hpp"

#include "engine/core/parallel.hpp"
#include "kernels/adamw_body.hpp"

namespace fpanet::kernels {

template <class T>
void adamw(const Cpu& cpu, std::span<T> p, std::span<const T> g, std::span<T> m, std::span<T> v,
           const double* hyper, const AdamWOptions& options, std::span<bfloat16> twin,
           std::span<T> average, const double* squared_norm) {
  using R = Real<T>;
  const body::AdamWStep<R> step(hyper, options, squared_norm);
  const R weight = average.empty() ? R(0) : static_cast<R>(hyper[2]);
  const auto size = static_cast<Index>(p.size());
  parallel_chunks(cpu, size, kElementwiseChunk, [&](Index begin, Index end, Index) {
    const body::AdamWStep<R> update = step;  // a local copy, which stays in registers
    T *const ps = p.data(), *const ms = m.data(), *const vs = v.data();
    const T* const gs = g.data();
#pragma omp simd
    for (Index i = begin; i < end; ++i) {
      R value = real(ps[i]), moment1 = real(ms[i]), moment2 = real(vs[i]);
      update(value, real(gs[i]), moment1, moment2);
      ps[i] = T(value);
      ms[i] = T(moment1);
      vs[i] = T(moment2);
    }
    if (!twin.empty()) {
      bfloat16* const twins = twin.data();
#pragma omp simd
      for (Index i = begin; i < end; ++i) twins[i] = bfloat16(static_cast<float>(real(ps[i])));
    }
    if (!average.empty()) {
      T* const averages = average.data();
      const R w = weight;
#pragma omp simd
      for (Index i = begin; i < end; ++i) {
        R mean = real(averages[i]);
        body::move_average(mean, real(ps[i]), w);
        averages[i] = T(mean);
      }
    }
  });
}

#define FPANET_INSTANTIATE(T)                                                                   \
  template void adamw(const Cpu&, std::span<T>, std::span<const T>, std::span<T>, std::span<T>, \
                      const double*, const AdamWOptions&, std::span<bfloat16>, std::span<T>,    \
                      const double*)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
