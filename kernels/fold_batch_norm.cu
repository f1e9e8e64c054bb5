// Memory traffic per weight for bfloat16: 6 bytes. It runs once before an evaluation, not for each
// batch.

#include "kernels/fold_batch_norm.hpp"

#include "kernels/cuda/launch.cuh"
#include "kernels/fold_batch_norm_body.hpp"

namespace fpanet::kernels {
namespace {

/// One block per output channel.
template <class T>
struct FoldKernel {
  static constexpr int kThreads = 256;

  ConvNorm<float> from;
  T* folded_w;
  float* folded_b;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const Index o = block.index, first = o * from.weights_per_channel;
    auto* const scale = block.template shared<double>();
    block.each([&](int thread) {
      if (thread > 0) return;
      *scale = body::folded_scale(from, o);
      folded_b[o] = body::folded_bias(from, o, *scale);
    });
    block_stride(block, from.weights_per_channel, [&](int i) {
      folded_w[first + i] = body::folded_weight<T>(from.w[first + i], *scale);
    });
  }
};

}  // namespace

template <class T>
void fold_batch_norm(const Cuda& cuda, const ConvNorm<Real<T>>& from, T* folded_w,
                     Real<T>* folded_b) {
  CudaGrid(cuda).run("fold_batch_norm", from.c_out, sizeof(double),
                     FoldKernel<T>{from, folded_w, folded_b});
}

template void fold_batch_norm(const Cuda&, const ConvNorm<float>&, float*, float*);
template void fold_batch_norm(const Cuda&, const ConvNorm<float>&, bfloat16*, float*);

}  // namespace fpanet::kernels
