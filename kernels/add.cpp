#include "kernels/add.hpp"

#include "kernels/base/elementwise.hpp"

namespace fpanet::kernels {

template <class T>
void add(const Cpu& cpu, std::span<const T> a, std::span<const T> b, std::span<T> y) {
  elementwise(cpu, y, [a = a.data(), b = b.data()](Index i) { return real(a[i]) + real(b[i]); });
}

template <class T>
void copy(const Cpu& cpu, std::span<const T> x, std::span<T> y, Write write) {
  elementwise(cpu, y, write, [x = x.data()](Index i) { return real(x[i]); });
}

#define FPANET_INSTANTIATE(T)                                                          \
  template void add(const Cpu&, std::span<const T>, std::span<const T>, std::span<T>); \
  template void copy(const Cpu&, std::span<const T>, std::span<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
