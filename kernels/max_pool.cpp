#include "kernels/max_pool.hpp"

#include <cassert>

#include "engine/core/parallel.hpp"
#include "kernels/max_pool/rows.hpp"

namespace fpanet::kernels {

template <class T>
CpuVariants<MaxPoolRows<T>> max_pool_rows_variants() {
  return {.generic = max_pool_rows_generic<T>,
          .avx2 = FPANET_X86_ONLY(max_pool_rows_avx2<T>),
          .avx512 = FPANET_X86_ONLY(max_pool_rows_avx512<T>),
          .neon = FPANET_ARM_ONLY(max_pool_rows_neon<T>)};
}

namespace {

template <class T>
const MaxPoolRows<T>& max_pool_rows() {
  static const MaxPoolRows<T> rows = max_pool_rows_variants<T>().choose();
  return rows;
}

}  // namespace

template <class T>
void max_pool(const Cpu& cpu, View<const T> x, PoolWindow window, View<T> y, std::uint8_t* winner) {
  assert(window.kernel <= 15 && window.padding * 2 <= window.kernel);
  const MaxPoolRows<T>& rows = max_pool_rows<T>();
  parallel_for(cpu, y.n * y.h, [&](Index row) { rows.forward(x, window, y, winner, row); });
}

template <class T>
void max_pool_backward(const Cpu& cpu, View<const T> dy, const std::uint8_t* winner,
                       PoolWindow window, View<T> dx, Write write) {
  const MaxPoolRows<T>& rows = max_pool_rows<T>();
  parallel_for(cpu, dx.n * dx.h,
               [&](Index row) { rows.backward(dy, winner, window, dx, write, row); });
}

#define FPANET_INSTANTIATE(T)                                                                 \
  template CpuVariants<MaxPoolRows<T>> max_pool_rows_variants();                              \
  template void max_pool(const Cpu&, View<const T>, PoolWindow, View<T>, std::uint8_t*);      \
  template void max_pool_backward(const Cpu&, View<const T>, const std::uint8_t*, PoolWindow, \
                                  View<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
