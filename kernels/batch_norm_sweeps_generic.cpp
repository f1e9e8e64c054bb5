#include "kernels/batch_norm_sweeps.hpp"
#include "kernels/batch_norm_sweeps_body.hpp"
#include "kernels/cpu_simd_bf16_generic.hpp"

namespace fpanet::kernels {

template <class T>
BatchNormSweeps<T> batch_norm_sweeps_generic() {
  return BatchNormPasses<AnySimdGeneric<T>, T>::sweeps();
}
template BatchNormSweeps<float> batch_norm_sweeps_generic();
template BatchNormSweeps<double> batch_norm_sweeps_generic();
template BatchNormSweeps<bfloat16> batch_norm_sweeps_generic();

}  // namespace fpanet::kernels
