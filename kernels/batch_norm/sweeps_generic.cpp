#include "kernels/batch_norm/sweeps.hpp"
#include "kernels/batch_norm/sweeps_body.hpp"
#include "kernels/simd/bf16_generic.hpp"

namespace fpanet::kernels {

template <class T>
BatchNormSweeps<T> batch_norm_sweeps_generic() {
  return BatchNormPasses<AnySimdGeneric<T>, T>::sweeps();
}
template BatchNormSweeps<float> batch_norm_sweeps_generic();
template BatchNormSweeps<double> batch_norm_sweeps_generic();
template BatchNormSweeps<bfloat16> batch_norm_sweeps_generic();

}  // namespace fpanet::kernels
