#pragma once
// The explicit instances of the functions of conv2d.hpp for one device and element type. Every
// source file that defines them for a device (cuDNN, the CPU, a build without CUDA, an emulated
// GPU) ends with this list.

#include "kernels/conv2d.hpp"

#define FPANET_INSTANTIATE_CONV2D(Device, T)                                                     \
  template void conv2d(const Device&, const Conv2dGeometry&, const T*, const T*,                 \
                       const Conv2dEpilogue<T>&, T*, std::span<std::byte>);                      \
  template void conv2d_backward_input(const Device&, const Conv2dGeometry&, const T*, const T*,  \
                                      T*, Write, std::span<std::byte>);                          \
  template void conv2d_backward_weight(const Device&, const Conv2dGeometry&, const T*, const T*, \
                                       Real<T>*, Write, std::span<std::byte>);                   \
  template void conv2d_backward_bias(const Device&, const Conv2dGeometry&, const T*, Real<T>*,   \
                                     Write, std::span<std::byte>);                               \
  template std::size_t conv2d_workspace_bytes<T>(const Device&, const Conv2dGeometry&,           \
                                                 Conv2dEpilogueParts);                           \
  template std::size_t conv2d_backward_input_workspace_bytes<T>(const Device&,                   \
                                                                const Conv2dGeometry&);          \
  template std::size_t conv2d_backward_weight_workspace_bytes<T>(const Device&,                  \
                                                                 const Conv2dGeometry&);         \
  template std::size_t conv2d_backward_bias_workspace_bytes<T>(const Device&, const Conv2dGeometry&)
