#include "kernels/batch_norm/sweeps.hpp"

#if defined(__aarch64__)
#include "kernels/batch_norm/sweeps_body.hpp"
#include "kernels/simd/bf16_neon.hpp"

namespace fpanet::kernels {

template <class T>
BatchNormSweeps<T> batch_norm_sweeps_neon() {
  return BatchNormPasses<AnySimdNeon<T>, T>::sweeps();
}
template BatchNormSweeps<float> batch_norm_sweeps_neon();
template BatchNormSweeps<double> batch_norm_sweeps_neon();
template BatchNormSweeps<bfloat16> batch_norm_sweeps_neon();

}  // namespace fpanet::kernels
#endif
