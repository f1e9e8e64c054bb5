#include "kernels/relu.hpp"

#include "kernels/base/elementwise.hpp"
#include "kernels/relu_body.hpp"

namespace fpanet::kernels {

template <class T>
void relu(const Cpu& cpu, std::span<const T> x, std::span<T> y) {
  elementwise(cpu, y, [x = x.data()](Index i) { return body::relu(real(x[i])); });
}

template <class T>
void relu_backward(const Cpu& cpu, std::span<const T> y, std::span<const T> dy, std::span<T> dx,
                   Write write) {
  elementwise(cpu, dx, write, [y = y.data(), dy = dy.data()](Index i) {
    return body::relu_gradient(real(y[i]), real(dy[i]));
  });
}

#define FPANET_INSTANTIATE(T)                                                                   \
  template void relu(const Cpu&, std::span<const T>, std::span<T>);                             \
  template void relu_backward(const Cpu&, std::span<const T>, std::span<const T>, std::span<T>, \
                              Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
