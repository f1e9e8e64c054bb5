// Bytes per pixel of C classes, T = bfloat16: forward reads 6 C and a label; backward reads 4 C and a
// label, and writes 2 C.

#include "kernels/cross_entropy.hpp"

#include "kernels/cross_entropy_body.hpp"
#include "kernels/loss_mean/pixel_sums_cuda.hpp"

namespace fpanet::kernels {

template <class T>
std::size_t cross_entropy_workspace_bytes(const Cuda&, Index pixels, Index) {
  return pixel_sums_bytes<body::CrossEntropyTerms<T>::kSums>(pixels);
}

template <class T>
void cross_entropy(const Cuda& cuda, View<const T> x, const Real<T>* p, const std::int32_t* labels,
                   const double* weights, const CrossEntropyOptions& options, double* sums,
                   std::span<std::byte> workspace) {
  const body::CrossEntropyTerms<T> terms{x.data, p,
                                         body::PixelLabels(labels, x.c, options.ignore_index),
                                         weights, options.label_smoothing};
  sum_pixels(CudaGrid(cuda), "cross_entropy", x.pixels(), terms, sums, workspace);
}

template <class T>
void cross_entropy_backward(const Cuda& cuda, const Real<T>* p, const std::int32_t* labels,
                            const double* weights, const double* dsums,
                            const CrossEntropyOptions& options, View<T> dx, Write write) {
  const body::PixelLabels target(labels, dx.c, options.ignore_index);
  map_pixels(CudaGrid(cuda), "cross_entropy_backward", dx.pixels(),
             body::CrossEntropyGradient<T>{p, target, weights, dsums, options.label_smoothing,
                                           dx.data, write});
}

#define FPANET_INSTANTIATE(T)                                                                    \
  template void cross_entropy(const Cuda&, View<const T>, const float*, const std::int32_t*,     \
                              const double*, const CrossEntropyOptions&, double*,                \
                              std::span<std::byte>);                                             \
  template void cross_entropy_backward(const Cuda&, const float*, const std::int32_t*,           \
                                       const double*, const double*, const CrossEntropyOptions&, \
                                       View<T>, Write);                                          \
  template std::size_t cross_entropy_workspace_bytes<T>(const Cuda&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
