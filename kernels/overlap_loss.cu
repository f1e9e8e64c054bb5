#include "kernels/overlap_loss.hpp"

#include "kernels/cuda/launch.cuh"
#include "kernels/overlap_loss_body.hpp"

namespace fpanet::kernels {
namespace {

/// Weights of some classes in the loss, passed as kernel arguments, so that nothing is copied from
/// the host.
struct ClassWeights {
  static constexpr Index kMost = 256;
  double at[kMost];
  Index first, count;
};

/// f(weights) for all classes, kMost at a time.
template <class F>
void for_class_weights(const OverlapLossOptions& options, const F& f) {
  const auto channels = static_cast<Index>(options.weights.size());
  for (Index first = 0; first < channels; first += ClassWeights::kMost) {
    ClassWeights weights{};
    weights.first = first;
    weights.count = channels - first < ClassWeights::kMost ? channels - first : ClassWeights::kMost;
    for (Index i = 0; i < weights.count; ++i) {
      weights.at[i] = options.weights[static_cast<std::size_t>(first + i)];
    }
    f(weights);
  }
}

/// Adds the losses of some classes, in order, to the total of the classes before them.
struct OverlapLossKernel {
  static constexpr int kThreads = 32;

  const double* sums;
  Index channels;
  body::OverlapFormula formula;
  ClassWeights weights;
  double* total;
  float* loss;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    block.each_freely([&](int thread) {
      if (thread > 0) return;
      double so_far = weights.first == 0 ? 0 : *total;
      for (Index i = 0; i < weights.count; ++i) {
        so_far +=
            weights.at[i] * body::OverlapClass(sums, channels, weights.first + i).loss(formula);
      }
      *total = so_far;
      *loss = static_cast<float>(formula.loss_of(so_far));
    });
  }
};

struct OverlapGradientKernel {
  static constexpr int kThreads = 64;

  const double* sums;
  const double* total;
  const float* dloss;
  Index channels;
  body::OverlapFormula formula;
  ClassWeights weights;
  double* dsums;
  Write write;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const double outer = static_cast<double>(*dloss) * formula.slope_of(total);
    grid_stride(block, weights.count, [&](Index i) {
      const Index c = weights.first + i;
      const double factor = outer * weights.at[i];
      const body::OverlapSlopes slopes = body::OverlapClass(sums, channels, c).slopes(formula);
      store(dsums[c], factor * slopes.intersection, write);
      store(dsums[channels + c], factor * slopes.predicted, write);
      store(dsums[2 * channels + c], 0.0, write);
    });
  }
};

}  // namespace

template <class T>
void overlap_loss(const Cuda& cuda, const double* sums, const OverlapLossOptions& options,
                  Real<T>* loss, double* total) {
  const CudaGrid grid(cuda);
  const auto channels = static_cast<Index>(options.weights.size());
  for_class_weights(options, [&](const ClassWeights& weights) {
    grid.run(
        "overlap_loss", 1, 0,
        OverlapLossKernel{sums, channels, body::OverlapFormula(options), weights, total, loss});
  });
}

template <class T>
void overlap_loss_backward(const Cuda& cuda, const double* sums, const double* total,
                           const Real<T>* dloss, const OverlapLossOptions& options, double* dsums,
                           Write write) {
  const CudaGrid grid(cuda);
  const auto channels = static_cast<Index>(options.weights.size());
  for_class_weights(options, [&](const ClassWeights& weights) {
    grid.run("overlap_loss_backward", stride_blocks(weights.count, OverlapGradientKernel::kThreads),
             0,
             OverlapGradientKernel{sums, total, dloss, channels, body::OverlapFormula(options),
                                   weights, dsums, write});
  });
}

#define FPANET_INSTANTIATE(T)                                                                     \
  template void overlap_loss<T>(const Cuda&, const double*, const OverlapLossOptions&, float*,    \
                                double*);                                                         \
  template void overlap_loss_backward<T>(const Cuda&, const double*, const double*, const float*, \
                                         const OverlapLossOptions&, double*, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
