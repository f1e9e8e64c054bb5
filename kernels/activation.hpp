#pragma once
// Elementwise activations of segmentation heads.
//
//   sigmoid  y = 1 / (1 + exp(-x))         dx = dy * y * (1 - y)
//   tanh     y = tanh(x)                   dx = dy * (1 - y * y)
//   clamp    y = min(max(x, low), high)    dx = low <= x <= high ? dy : 0
//
// Tensors of any shape, as flat elements. y may be x, dx may be dy. Source: torch.sigmoid, tanh,
// clamp.

#include <span>

#include "engine/core/device.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

template <class T>
void sigmoid(const Cpu& cpu, std::span<const T> x, std::span<T> y);
template <class T>
void sigmoid(const Cuda& cuda, std::span<const T> x, std::span<T> y);
template <class T>
void sigmoid_backward(const Cpu& cpu, std::span<const T> y, std::span<const T> dy, std::span<T> dx,
                      Write write);
template <class T>
void sigmoid_backward(const Cuda& cuda, std::span<const T> y, std::span<const T> dy,
                      std::span<T> dx, Write write);

template <class T>
void tanh(const Cpu& cpu, std::span<const T> x, std::span<T> y);
template <class T>
void tanh(const Cuda& cuda, std::span<const T> x, std::span<T> y);
template <class T>
void tanh_backward(const Cpu& cpu, std::span<const T> y, std::span<const T> dy, std::span<T> dx,
                   Write write);
template <class T>
void tanh_backward(const Cuda& cuda, std::span<const T> y, std::span<const T> dy, std::span<T> dx,
                   Write write);

template <class T>
void clamp(const Cpu& cpu, std::span<const T> x, double low, double high, std::span<T> y);
template <class T>
void clamp(const Cuda& cuda, std::span<const T> x, double low, double high, std::span<T> y);
template <class T>
void clamp_backward(const Cpu& cpu, std::span<const T> x, std::span<const T> dy, double low,
                    double high, std::span<T> dx, Write write);
template <class T>
void clamp_backward(const Cuda& cuda, std::span<const T> x, std::span<const T> dy, double low,
                    double high, std::span<T> dx, Write write);

}  // namespace fpanet::kernels
