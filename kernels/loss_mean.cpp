#include "kernels/loss_mean.hpp"

#include "kernels/loss_mean_body.hpp"

namespace fpanet::kernels {

template <class T>
void loss_mean(const Cpu&, const double* sums, Real<T>* loss) {
  *loss = static_cast<Real<T>>(body::loss_mean(sums));
}

template <class T>
void loss_mean_backward(const Cpu&, const double* sums, const Real<T>* dloss, double* dsums,
                        Write write) {
  body::loss_mean_gradient(sums, static_cast<double>(*dloss), dsums, write);
}

#define FPANET_INSTANTIATE(T)                                      \
  template void loss_mean<T>(const Cpu&, const double*, Real<T>*); \
  template void loss_mean_backward<T>(const Cpu&, const double*, const Real<T>*, double*, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
