#include "kernels/activation.hpp"

#include <cmath>

#include "kernels/activation_body.hpp"
#include "kernels/base/elementwise.hpp"

namespace fpanet::kernels {

template <class T>
void sigmoid(const Cpu& cpu, std::span<const T> x, std::span<T> y) {
  elementwise(cpu, y, [x = x.data()](Index i) { return body::sigmoid(real(x[i])); });
}

template <class T>
void sigmoid_backward(const Cpu& cpu, std::span<const T> y, std::span<const T> dy, std::span<T> dx,
                      Write write) {
  elementwise(cpu, dx, write, [y = y.data(), dy = dy.data()](Index i) {
    return body::sigmoid_gradient(real(y[i]), real(dy[i]));
  });
}

template <class T>
void tanh(const Cpu& cpu, std::span<const T> x, std::span<T> y) {
  elementwise(cpu, y, [x = x.data()](Index i) { return std::tanh(real(x[i])); });
}

template <class T>
void tanh_backward(const Cpu& cpu, std::span<const T> y, std::span<const T> dy, std::span<T> dx,
                   Write write) {
  elementwise(cpu, dx, write, [y = y.data(), dy = dy.data()](Index i) {
    return body::tanh_gradient(real(y[i]), real(dy[i]));
  });
}

template <class T>
void clamp(const Cpu& cpu, std::span<const T> x, double low, double high, std::span<T> y) {
  elementwise(cpu, y,
              [x = x.data(), low = static_cast<Real<T>>(low), high = static_cast<Real<T>>(high)](
                  Index i) { return body::clamp(real(x[i]), low, high); });
}

template <class T>
void clamp_backward(const Cpu& cpu, std::span<const T> x, std::span<const T> dy, double low,
                    double high, std::span<T> dx, Write write) {
  elementwise(cpu, dx, write,
              [x = x.data(), dy = dy.data(), low = static_cast<Real<T>>(low),
               high = static_cast<Real<T>>(high)](Index i) {
                return body::clamp_gradient(real(x[i]), real(dy[i]), low, high);
              });
}

#define FPANET_INSTANTIATE(T)                                                                      \
  template void sigmoid(const Cpu&, std::span<const T>, std::span<T>);                             \
  template void sigmoid_backward(const Cpu&, std::span<const T>, std::span<const T>, std::span<T>, \
                                 Write);                                                           \
  template void tanh(const Cpu&, std::span<const T>, std::span<T>);                                \
  template void tanh_backward(const Cpu&, std::span<const T>, std::span<const T>, std::span<T>,    \
                              Write);                                                              \
  template void clamp(const Cpu&, std::span<const T>, double, double, std::span<T>);               \
  template void clamp_backward(const Cpu&, std::span<const T>, std::span<const T>, double, double, \
                               std::span<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
