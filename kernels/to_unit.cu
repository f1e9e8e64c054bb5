// Memory traffic per element: the size of a sample and the size of T.

#include "kernels/to_unit.hpp"

#include "kernels/cuda/elementwise.hpp"
#include "kernels/to_unit_body.hpp"

namespace fpanet::kernels {
namespace {

struct ToUnit {
  FPANET_HD float operator()(std::uint8_t x) const { return body::to_unit(x); }
};

template <class T, class Sample>
struct ScaledToUnitKernel {
  static constexpr int kThreads = 256;

  const Sample* x;
  T* y;
  Index size, channels;
  BandScale scale;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, size,
                [&](Index i) { y[i] = static_cast<T>(body::to_unit(x[i], i % channels, scale)); });
  }
};

}  // namespace

template <class T>
void to_unit(const Cuda& cuda, std::span<const std::uint8_t> x, std::span<T> y) {
  cuda_elementwise(CudaGrid(cuda), "to_unit", y, Write::assign, ToUnit{}, x);
}

template <class T, class Sample>
void to_unit(const Cuda& cuda, std::span<const Sample> x, Index channels, const BandScale& scale,
             std::span<T> y) {
  const auto size = static_cast<Index>(y.size());
  const ScaledToUnitKernel<T, Sample> kernel{x.data(), y.data(), size, channels, scale};
  CudaGrid(cuda).run("to_unit", stride_blocks(size, kernel.kThreads), 0, kernel);
}

#define FPANET_INSTANTIATE_SAMPLE(T, Sample) \
  template void to_unit(const Cuda&, std::span<const Sample>, Index, const BandScale&, std::span<T>)
#define FPANET_INSTANTIATE(T)                                                      \
  template void to_unit(const Cuda&, std::span<const std::uint8_t>, std::span<T>); \
  FPANET_INSTANTIATE_SAMPLE(T, std::uint8_t);                                      \
  FPANET_INSTANTIATE_SAMPLE(T, std::uint16_t);                                     \
  FPANET_INSTANTIATE_SAMPLE(T, std::int16_t);                                      \
  FPANET_INSTANTIATE_SAMPLE(T, float)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE
#undef FPANET_INSTANTIATE_SAMPLE

}  // namespace fpanet::kernels
