// The mask is computed, never stored. Memory traffic per element for bfloat16: 4 bytes (6 when
// accumulating).

#include "kernels/dropout.hpp"

#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/vector.hpp"
#include "kernels/dropout_body.hpp"

namespace fpanet::kernels {
namespace {

template <class T>
struct DropoutKernel {
  static constexpr int kThreads = 256;
  static constexpr int kWidth = kVector<T>;

  const T* x;
  T* y;
  Index size;
  const std::int64_t* rng;
  std::uint32_t stream;
  double p;
  float scale;
  Write write;
  bool aligned;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const body::DropoutMask mask(rng, stream, p);
    grid_stride(block, divide_up(size, kWidth), [&](Index vector) {
      const Index first = vector * kWidth, rest = size - first;
      const int count = rest < kWidth ? static_cast<int>(rest) : kWidth;
      Values<float, kWidth> values = load<kWidth>(x + first, count, aligned);
      FPANET_UNROLL
      for (int group = 0; group < kWidth / 4; ++group) {
        const auto words = mask.words(first / 4 + group);
        FPANET_UNROLL
        for (int i = 0; i < 4; ++i) {
          float& value = values.at[group * 4 + i];
          value = mask.keeps(words[static_cast<std::size_t>(i)]) ? value * scale : 0.0F;
        }
      }
      store(y + first, values, count, aligned, write);
    });
  }
};

}  // namespace

template <class T>
void dropout(const Cuda& cuda, std::span<const T> x, const std::int64_t* rng, std::uint32_t stream,
             double p, std::span<T> y, Write write) {
  using Kernel = DropoutKernel<T>;
  constexpr int kWidth = Kernel::kWidth;
  const auto size = static_cast<Index>(x.size());
  const bool aligned =
      vectors_fit<kWidth>(x.data(), kWidth) && vectors_fit<kWidth>(y.data(), kWidth);
  CudaGrid(cuda).run("dropout", stride_blocks(divide_up(size, kWidth), Kernel::kThreads), 0,
                     Kernel{x.data(), y.data(), size, rng, stream, p,
                            body::DropoutMask::scale<float>(p), write, aligned});
}

#define FPANET_INSTANTIATE(T)                                                                \
  template void dropout(const Cuda&, std::span<const T>, const std::int64_t*, std::uint32_t, \
                        double, std::span<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
