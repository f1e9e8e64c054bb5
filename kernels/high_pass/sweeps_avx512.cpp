#include "kernels/base/compiler.hpp"
#include "kernels/high_pass/sweeps.hpp"

// After the pragma only our own templates are included: no inline function of a standard header may
// be compiled for instructions that the running processor might lack.
#if defined(__x86_64__)
FPANET_TARGET_BEGIN("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
#include "kernels/high_pass/sweeps_body.hpp"
#include "kernels/simd/bf16_avx512.hpp"

namespace fpanet::kernels {

template <class T>
HighPassSweeps<T> high_pass_sweeps_avx512() {
  return HighPassPasses<AnySimdAvx512<T>, T>::sweeps();
}
template HighPassSweeps<float> high_pass_sweeps_avx512();
template HighPassSweeps<double> high_pass_sweeps_avx512();
template HighPassSweeps<bfloat16> high_pass_sweeps_avx512();

}  // namespace fpanet::kernels
FPANET_TARGET_END
#endif
