#include "kernels/loss_sum.hpp"

namespace fpanet::kernels {

template <class T>
void loss_sum(const Cpu&, std::span<const Real<T>* const> terms, std::span<const double> factors,
              Real<T>* loss) {
  double total = 0;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    total += factors[i] * static_cast<double>(*terms[i]);
  }
  *loss = static_cast<Real<T>>(total);
}

template <class T>
void loss_sum_backward(const Cpu&, const Real<T>* dloss, std::span<const double> factors,
                       std::span<Real<T>* const> dterms, std::span<const Write> writes) {
  for (std::size_t i = 0; i < dterms.size(); ++i) {
    if (dterms[i] == nullptr) continue;
    store(*dterms[i], static_cast<Real<T>>(factors[i] * static_cast<double>(*dloss)), writes[i]);
  }
}

#define FPANET_INSTANTIATE(T)                                                                     \
  template void loss_sum<T>(const Cpu&, std::span<const Real<T>* const>, std::span<const double>, \
                            Real<T>*);                                                            \
  template void loss_sum_backward<T>(const Cpu&, const Real<T>*, std::span<const double>,         \
                                     std::span<Real<T>* const>, std::span<const Write>)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
