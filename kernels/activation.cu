// Memory traffic per element for bfloat16: forward 4 bytes, backward 6.

#include "kernels/activation.hpp"

#include "kernels/activation_body.hpp"
#include "kernels/cuda/elementwise.hpp"

namespace fpanet::kernels {
namespace {

struct Sigmoid {
  FPANET_HD float operator()(float x) const { return body::sigmoid(x); }
};

struct SigmoidGradient {
  FPANET_HD float operator()(float y, float dy) const { return body::sigmoid_gradient(y, dy); }
};

struct Tanh {
  FPANET_HD float operator()(float x) const { return std::tanh(x); }
};

struct TanhGradient {
  FPANET_HD float operator()(float y, float dy) const { return body::tanh_gradient(y, dy); }
};

struct Clamp {
  float low, high;
  FPANET_HD float operator()(float x) const { return body::clamp(x, low, high); }
};

struct ClampGradient {
  float low, high;
  FPANET_HD float operator()(float x, float dy) const {
    return body::clamp_gradient(x, dy, low, high);
  }
};

}  // namespace

template <class T>
void sigmoid(const Cuda& cuda, std::span<const T> x, std::span<T> y) {
  cuda_elementwise(CudaGrid(cuda), "sigmoid", y, Write::assign, Sigmoid{}, x);
}

template <class T>
void sigmoid_backward(const Cuda& cuda, std::span<const T> y, std::span<const T> dy,
                      std::span<T> dx, Write write) {
  cuda_elementwise(CudaGrid(cuda), "sigmoid_backward", dx, write, SigmoidGradient{}, y, dy);
}

template <class T>
void tanh(const Cuda& cuda, std::span<const T> x, std::span<T> y) {
  cuda_elementwise(CudaGrid(cuda), "tanh", y, Write::assign, Tanh{}, x);
}

template <class T>
void tanh_backward(const Cuda& cuda, std::span<const T> y, std::span<const T> dy, std::span<T> dx,
                   Write write) {
  cuda_elementwise(CudaGrid(cuda), "tanh_backward", dx, write, TanhGradient{}, y, dy);
}

template <class T>
void clamp(const Cuda& cuda, std::span<const T> x, double low, double high, std::span<T> y) {
  const Clamp f{static_cast<float>(low), static_cast<float>(high)};
  cuda_elementwise(CudaGrid(cuda), "clamp", y, Write::assign, f, x);
}

template <class T>
void clamp_backward(const Cuda& cuda, std::span<const T> x, std::span<const T> dy, double low,
                    double high, std::span<T> dx, Write write) {
  const ClampGradient f{static_cast<float>(low), static_cast<float>(high)};
  cuda_elementwise(CudaGrid(cuda), "clamp_backward", dx, write, f, x, dy);
}

#define FPANET_INSTANTIATE(T)                                                                    \
  template void sigmoid(const Cuda&, std::span<const T>, std::span<T>);                          \
  template void sigmoid_backward(const Cuda&, std::span<const T>, std::span<const T>,            \
                                 std::span<T>, Write);                                           \
  template void tanh(const Cuda&, std::span<const T>, std::span<T>);                             \
  template void tanh_backward(const Cuda&, std::span<const T>, std::span<const T>, std::span<T>, \
                              Write);                                                            \
  template void clamp(const Cuda&, std::span<const T>, double, double, std::span<T>);            \
  template void clamp_backward(const Cuda&, std::span<const T>, std::span<const T>, double,      \
                               double, std::span<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
