#include "kernels/loss_mean.hpp"

#include "kernels/cuda/launch.cuh"
#include "kernels/loss_mean_body.hpp"

namespace fpanet::kernels {
namespace {

struct LossMeanKernel {
  static constexpr int kThreads = 32;

  const double* sums;
  float* loss;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    block.each_freely([&](int thread) {
      if (thread == 0) *loss = static_cast<float>(body::loss_mean(sums));
    });
  }
};

struct LossMeanGradientKernel {
  static constexpr int kThreads = 32;

  const double* sums;
  const float* dloss;
  double* dsums;
  Write write;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    block.each_freely([&](int thread) {
      if (thread > 0) return;
      body::loss_mean_gradient(sums, static_cast<double>(*dloss), dsums, write);
    });
  }
};

}  // namespace

template <class T>
void loss_mean(const Cuda& cuda, const double* sums, Real<T>* loss) {
  CudaGrid(cuda).run("loss_mean", 1, 0, LossMeanKernel{sums, loss});
}

template <class T>
void loss_mean_backward(const Cuda& cuda, const double* sums, const Real<T>* dloss, double* dsums,
                        Write write) {
  CudaGrid(cuda).run("loss_mean_backward", 1, 0, LossMeanGradientKernel{sums, dloss, dsums, write});
}

#define FPANET_INSTANTIATE(T)                                     \
  template void loss_mean<T>(const Cuda&, const double*, float*); \
  template void loss_mean_backward<T>(const Cuda&, const double*, const float*, double*, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
