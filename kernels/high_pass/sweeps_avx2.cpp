#include "kernels/base/compiler.hpp"
#include "kernels/high_pass/sweeps.hpp"

// After the pragma only our own templates are included: no inline function of a standard header may
// be compiled for instructions that the running processor might lack.
#if defined(__x86_64__)
FPANET_TARGET_BEGIN("avx2,fma")
#include "kernels/high_pass/sweeps_body.hpp"
#include "kernels/simd/bf16_avx2.hpp"

namespace fpanet::kernels {

template <class T>
HighPassSweeps<T> high_pass_sweeps_avx2() {
  return HighPassPasses<AnySimdAvx2<T>, T>::sweeps();
}
template HighPassSweeps<float> high_pass_sweeps_avx2();
template HighPassSweeps<double> high_pass_sweeps_avx2();
template HighPassSweeps<bfloat16> high_pass_sweeps_avx2();

}  // namespace fpanet::kernels
FPANET_TARGET_END
#endif
