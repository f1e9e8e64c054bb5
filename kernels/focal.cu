// Memory traffic per pixel of C classes for bfloat16: forward reads 2 C bytes and a label; backward, too,
// and writes 2 C bytes.

#include "kernels/focal.hpp"

#include "kernels/focal_body.hpp"
#include "kernels/loss_mean/pixel_sums_cuda.hpp"

namespace fpanet::kernels {

template <class T>
std::size_t focal_workspace_bytes(const Cuda&, Index pixels, Index) {
  return pixel_sums_bytes<body::FocalTerms<T>::kSums>(pixels);
}

template <class T>
void focal(const Cuda& cuda, View<const T> x, const std::int32_t* labels, const double* weights,
           const FocalOptions& options, double* sums, std::span<std::byte> workspace) {
  const body::FocalTerms<T> terms{x.data, body::PixelLabels(labels, x.c, options.ignore_index),
                                  weights, options.gamma};
  sum_pixels(CudaGrid(cuda), "focal", x.pixels(), terms, sums, workspace);
}

template <class T>
void focal_backward(const Cuda& cuda, const T* x, const std::int32_t* labels, const double* weights,
                    const double* dsums, const FocalOptions& options, View<T> dx, Write write) {
  const body::PixelLabels target(labels, dx.c, options.ignore_index);
  map_pixels(CudaGrid(cuda), "focal_backward", dx.pixels(),
             body::FocalGradient<T>{x, target, weights, dsums, options.gamma, dx.data, write});
}

#define FPANET_INSTANTIATE(T)                                                             \
  template void focal(const Cuda&, View<const T>, const std::int32_t*, const double*,     \
                      const FocalOptions&, double*, std::span<std::byte>);                \
  template void focal_backward(const Cuda&, const T*, const std::int32_t*, const double*, \
                               const double*, const FocalOptions&, View<T>, Write);       \
  template std::size_t focal_workspace_bytes<T>(const Cuda&, Index, Index)
FPANET_INSTANTIATE(float);

FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
