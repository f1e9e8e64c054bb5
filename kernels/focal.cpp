#include "kernels/focal.hpp"

#include "kernels/focal_body.hpp"
#include "kernels/loss_mean/pixel_sums.hpp"

namespace fpanet::kernels {

template <class T>
std::size_t focal_workspace_bytes(const Cpu&, Index pixels, Index channels) {
  return pixel_sums_bytes(pixels, channels, body::FocalTerms<T>::kSums);
}

template <class T>
void focal(const Cpu& cpu, View<const T> x, const std::int32_t* labels, const double* weights,
           const FocalOptions& options, double* sums, std::span<std::byte> workspace) {
  const body::FocalTerms<T> terms{x.data, body::PixelLabels(labels, x.c, options.ignore_index),
                                  weights, options.gamma};
  sum_pixels(cpu, x.pixels(), x.c, terms, sums, workspace);
}

template <class T>
void focal_backward(const Cpu& cpu, const T* x, const std::int32_t* labels, const double* weights,
                    const double* dsums, const FocalOptions& options, View<T> dx, Write write) {
  const body::PixelLabels target(labels, dx.c, options.ignore_index);
  map_pixels(cpu, dx.pixels(), dx.c,
             body::FocalGradient<T>{x, target, weights, dsums, options.gamma, dx.data, write});
}

#define FPANET_INSTANTIATE(T)                                                            \
  template void focal(const Cpu&, View<const T>, const std::int32_t*, const double*,     \
                      const FocalOptions&, double*, std::span<std::byte>);               \
  template void focal_backward(const Cpu&, const T*, const std::int32_t*, const double*, \
                               const double*, const FocalOptions&, View<T>, Write);      \
  template std::size_t focal_workspace_bytes<T>(const Cpu&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
