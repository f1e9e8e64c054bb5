#include "kernels/overlap_loss.hpp"

#include "kernels/overlap_loss_body.hpp"

namespace fpanet::kernels {

template <class T>
void overlap_loss(const Cpu&, const double* sums, const OverlapLossOptions& options, Real<T>* loss,
                  double* total) {
  const body::OverlapFormula formula(options);
  const auto channels = static_cast<Index>(options.weights.size());
  *total = 0;
  for (Index c = 0; c < channels; ++c) {
    *total += options.weights[static_cast<std::size_t>(c)] *
              body::OverlapClass(sums, channels, c).loss(formula);
  }
  *loss = static_cast<Real<T>>(formula.loss_of(*total));
}

template <class T>
void overlap_loss_backward(const Cpu&, const double* sums, const double* total,
                           const Real<T>* dloss, const OverlapLossOptions& options, double* dsums,
                           Write write) {
  const body::OverlapFormula formula(options);
  const auto channels = static_cast<Index>(options.weights.size());
  const double outer = static_cast<double>(*dloss) * formula.slope_of(total);
  for (Index c = 0; c < channels; ++c) {
    const double factor = outer * options.weights[static_cast<std::size_t>(c)];
    const body::OverlapSlopes slopes = body::OverlapClass(sums, channels, c).slopes(formula);
    store(dsums[c], factor * slopes.intersection, write);
    store(dsums[channels + c], factor * slopes.predicted, write);
    store(dsums[2 * channels + c], 0.0, write);
  }
}

#define FPANET_INSTANTIATE(T)                                                                      \
  template void overlap_loss<T>(const Cpu&, const double*, const OverlapLossOptions&, Real<T>*,    \
                                double*);                                                          \
  template void overlap_loss_backward<T>(const Cpu&, const double*, const double*, const Real<T>*, \
                                         const OverlapLossOptions&, double*, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
