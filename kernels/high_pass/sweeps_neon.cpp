#include "kernels/high_pass/sweeps.hpp"

#if defined(__aarch64__)
#include "kernels/high_pass/sweeps_body.hpp"
#include "kernels/simd/bf16_neon.hpp"

namespace fpanet::kernels {

template <class T>
HighPassSweeps<T> high_pass_sweeps_neon() {
  return HighPassPasses<AnySimdNeon<T>, T>::sweeps();
}
template HighPassSweeps<float> high_pass_sweeps_neon();
template HighPassSweeps<double> high_pass_sweeps_neon();
template HighPassSweeps<bfloat16> high_pass_sweeps_neon();

}  // namespace fpanet::kernels
#endif
