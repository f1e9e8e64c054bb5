#include "kernels/fold_batch_norm.hpp"

#include "engine/core/parallel.hpp"
#include "kernels/fold_batch_norm_body.hpp"

namespace fpanet::kernels {

template <class T>
void fold_batch_norm(const Cpu& cpu, const ConvNorm<Real<T>>& from, T* folded_w,
                     Real<T>* folded_b) {
  parallel_for(cpu, from.c_out, [&](Index o) {
    const double scale = body::folded_scale(from, o);
    folded_b[o] = body::folded_bias(from, o, scale);
    const Index first = o * from.weights_per_channel;
    for (Index i = first; i < first + from.weights_per_channel; ++i) {
      folded_w[i] = body::folded_weight<T>(from.w[i], scale);
    }
  });
}

template void fold_batch_norm(const Cpu&, const ConvNorm<float>&, float*, float*);
template void fold_batch_norm(const Cpu&, const ConvNorm<double>&, double*, double*);
template void fold_batch_norm(const Cpu&, const ConvNorm<float>&, bfloat16*, float*);

}  // namespace fpanet::kernels
