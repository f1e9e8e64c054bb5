// Cuda functions of conv2d.hpp in a build without CUDA: each throws.

#include "engine/core/error.hpp"
#include "kernels/conv2d/instances.hpp"

namespace fpanet::kernels {
namespace {

[[noreturn]] void no_cuda() {
  fail("conv2d: this build has no CUDA; use --device cpu or build with a CUDA toolkit");
}

}  // namespace

std::string_view conv2d_implementation(const Cuda&, Conv2dPass, const Conv2dGeometry&, DType,
                                       Conv2dEpilogueParts) {
  no_cuda();
}

void conv2d_announce(const Cuda&, Conv2dPass, const Conv2dGeometry&, DType, Conv2dEpilogueParts) {
  no_cuda();
}

template <class T>
void conv2d(const Cuda&, const Conv2dGeometry&, const T*, const T*, const Conv2dEpilogue<T>&, T*,
            std::span<std::byte>) {
  no_cuda();
}

template <class T>
void conv2d_backward_input(const Cuda&, const Conv2dGeometry&, const T*, const T*, T*, Write,
                           std::span<std::byte>) {
  no_cuda();
}

template <class T>
void conv2d_backward_weight(const Cuda&, const Conv2dGeometry&, const T*, const T*, Real<T>*, Write,
                            std::span<std::byte>) {
  no_cuda();
}

template <class T>
void conv2d_backward_bias(const Cuda&, const Conv2dGeometry&, const T*, Real<T>*, Write,
                          std::span<std::byte>) {
  no_cuda();
}

template <class T>
std::size_t conv2d_workspace_bytes(const Cuda&, const Conv2dGeometry&, Conv2dEpilogueParts) {
  no_cuda();
}

template <class T>
std::size_t conv2d_backward_input_workspace_bytes(const Cuda&, const Conv2dGeometry&) {
  no_cuda();
}

template <class T>
std::size_t conv2d_backward_weight_workspace_bytes(const Cuda&, const Conv2dGeometry&) {
  no_cuda();
}

template <class T>
std::size_t conv2d_backward_bias_workspace_bytes(const Cuda&, const Conv2dGeometry&) {
  no_cuda();
}

FPANET_INSTANTIATE_CONV2D(Cuda, float);
FPANET_INSTANTIATE_CONV2D(Cuda, bfloat16);

}  // namespace fpanet::kernels
