// Memory traffic per parameter in float: p, m and v are read and written, g is read: 28 bytes, or
// 30 with the bfloat16 twin, and 8 more with the average.

#include "kernels/adamw.hpp"

#include "kernels/adamw_body.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/vector.hpp"

namespace fpanet::kernels {
namespace {

template <class T>
struct AdamWKernel {
  static constexpr int kThreads = 256;
  static constexpr int kWidth = kVector<T>;
  using V = Values<float, kWidth>;
  using Step = body::AdamWStep<float>;

  T* p;
  const T* g;
  T* m;
  T* v;
  bfloat16* twin;
  T* average;
  const double* squared_norm;
  Index size;
  bool aligned;
  const double* hyper;
  AdamWOptions options;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    auto* const shared = block.template shared<Step>();
    block.each([&](int thread) {  // once per block: this takes two powers in double
      if (thread == 0) *shared = Step(hyper, options, squared_norm);
    });
    grid_stride(block, divide_up(size, kWidth), [&](Index vector) {
      const Step step = *shared;
      const Index first = vector * kWidth, rest = size - first;
      const int count = rest < kWidth ? static_cast<int>(rest) : kWidth;
      V ps = load<kWidth>(static_cast<const T*>(p + first), count, aligned);
      V ms = load<kWidth>(static_cast<const T*>(m + first), count, aligned);
      V vs = load<kWidth>(static_cast<const T*>(v + first), count, aligned);
      const V gs = load<kWidth>(g + first, count, aligned);
      FPANET_UNROLL
      for (int i = 0; i < kWidth; ++i) step(ps.at[i], gs.at[i], ms.at[i], vs.at[i]);
      store(p + first, ps, count, aligned);
      store(m + first, ms, count, aligned);
      store(v + first, vs, count, aligned);
      if (twin != nullptr) store(twin + first, ps, count, aligned);
      if (average == nullptr) return;
      const auto weight = static_cast<float>(hyper[2]);
      V means = load<kWidth>(static_cast<const T*>(average + first), count, aligned);
      FPANET_UNROLL
      for (int i = 0; i < kWidth; ++i) body::move_average(means.at[i], ps.at[i], weight);
      store(average + first, means, count, aligned);
    });
  }
};

}  // namespace

template <class T>
void adamw(const Cuda& cuda, std::span<T> p, std::span<const T> g, std::span<T> m, std::span<T> v,
           const double* hyper, const AdamWOptions& options, std::span<bfloat16> twin,
           std::span<T> average, const double* squared_norm) {
  using Kernel = AdamWKernel<T>;
  constexpr int kWidth = Kernel::kWidth;
  // Enough blocks to fill a GPU. More blocks would only compute the scalars of the step more often.
  constexpr Index kBlocks = 1024;
  const auto size = static_cast<Index>(p.size());
  const bool aligned =
      vectors_fit<kWidth>(p.data(), kWidth) && vectors_fit<kWidth>(g.data(), kWidth) &&
      vectors_fit<kWidth>(m.data(), kWidth) && vectors_fit<kWidth>(v.data(), kWidth) &&
      vectors_fit<kWidth>(twin.data(), kWidth) && vectors_fit<kWidth>(average.data(), kWidth);
  const Index blocks = divide_up(divide_up(size, kWidth), Kernel::kThreads);
  CudaGrid(cuda).run("adamw", blocks < kBlocks ? blocks : kBlocks,
                     static_cast<Index>(sizeof(typename Kernel::Step)),
                     Kernel{p.data(), g.data(), m.data(), v.data(), twin.data(), average.data(),
                            squared_norm, size, aligned, hyper, options});
}

#define FPANET_INSTANTIATE(T)                                                                    \
  template void adamw(const Cuda&, std::span<T>, std::span<const T>, std::span<T>, std::span<T>, \
                      const double*, const AdamWOptions&, std::span<bfloat16>, std::span<T>,     \
                      const double*)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
