#include "kernels/loss_sum.hpp"

#include "kernels/cuda/launch.cuh"

namespace fpanet::kernels {
namespace {

struct LossSumKernel {
  static constexpr int kThreads = 32;

  const float* terms[kMostLossTerms];
  double factors[kMostLossTerms];
  int count;
  float* loss;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    block.each_freely([&](int thread) {
      if (thread > 0) return;
      double total = 0;
      for (int i = 0; i < count; ++i) total += factors[i] * static_cast<double>(*terms[i]);
      *loss = static_cast<float>(total);
    });
  }
};

struct LossSumGradientKernel {
  static constexpr int kThreads = 32;

  const float* dloss;
  double factors[kMostLossTerms];
  float* dterms[kMostLossTerms];
  Write writes[kMostLossTerms];
  int count;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    block.each_freely([&](int thread) {
      if (thread > 0) return;
      for (int i = 0; i < count; ++i) {  // in order: a loss may be in several terms
        if (dterms[i] == nullptr) continue;
        store(*dterms[i], static_cast<float>(factors[i] * static_cast<double>(*dloss)), writes[i]);
      }
    });
  }
};

}  // namespace

template <class T>
void loss_sum(const Cuda& cuda, std::span<const Real<T>* const> terms,
              std::span<const double> factors, Real<T>* loss) {
  LossSumKernel kernel{
      .terms = {}, .factors = {}, .count = static_cast<int>(terms.size()), .loss = loss};
  for (std::size_t i = 0; i < terms.size(); ++i) {
    kernel.terms[i] = terms[i];
    kernel.factors[i] = factors[i];
  }
  CudaGrid(cuda).run("loss_sum", 1, 0, kernel);
}

template <class T>
void loss_sum_backward(const Cuda& cuda, const Real<T>* dloss, std::span<const double> factors,
                       std::span<Real<T>* const> dterms, std::span<const Write> writes) {
  LossSumGradientKernel kernel{.dloss = dloss,
                               .factors = {},
                               .dterms = {},
                               .writes = {},
                               .count = static_cast<int>(dterms.size())};
  for (std::size_t i = 0; i < dterms.size(); ++i) {
    kernel.factors[i] = factors[i];
    kernel.dterms[i] = dterms[i];
    kernel.writes[i] = writes[i];
  }
  CudaGrid(cuda).run("loss_sum_backward", 1, 0, kernel);
}

#define FPANET_INSTANTIATE(T)                                                                    \
  template void loss_sum<T>(const Cuda&, std::span<const float* const>, std::span<const double>, \
                            float*);                                                             \
  template void loss_sum_backward<T>(const Cuda&, const float*, std::span<const double>,         \
                                     std::span<float* const>, std::span<const Write>)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
