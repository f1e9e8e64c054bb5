#include "kernels/cross_entropy.hpp"

#include "kernels/cross_entropy_body.hpp"
#include "kernels/loss_mean/pixel_sums.hpp"

namespace fpanet::kernels {

template <class T>
std::size_t cross_entropy_workspace_bytes(const Cpu&, Index pixels, Index channels) {
  return pixel_sums_bytes(pixels, channels, body::CrossEntropyTerms<T>::kSums);
}

template <class T>
void cross_entropy(const Cpu& cpu, View<const T> x, const Real<T>* p, const std::int32_t* labels,
                   const double* weights, const CrossEntropyOptions& options, double* sums,
                   std::span<std::byte> workspace) {
  const body::CrossEntropyTerms<T> terms{x.data, p,
                                         body::PixelLabels(labels, x.c, options.ignore_index),
                                         weights, options.label_smoothing};
  sum_pixels(cpu, x.pixels(), x.c, terms, sums, workspace);
}

template <class T>
void cross_entropy_backward(const Cpu& cpu, const Real<T>* p, const std::int32_t* labels,
                            const double* weights, const double* dsums,
                            const CrossEntropyOptions& options, View<T> dx, Write write) {
  const body::PixelLabels target(labels, dx.c, options.ignore_index);
  map_pixels(cpu, dx.pixels(), dx.c,
             body::CrossEntropyGradient<T>{p, target, weights, dsums, options.label_smoothing,
                                           dx.data, write});
}

#define FPANET_INSTANTIATE(T)                                                                    \
  template void cross_entropy(const Cpu&, View<const T>, const Real<T>*, const std::int32_t*,    \
                              const double*, const CrossEntropyOptions&, double*,                \
                              std::span<std::byte>);                                             \
  template void cross_entropy_backward(const Cpu&, const Real<T>*, const std::int32_t*,          \
                                       const double*, const double*, const CrossEntropyOptions&, \
                                       View<T>, Write);                                          \
  template std::size_t cross_entropy_workspace_bytes<T>(const Cpu&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
