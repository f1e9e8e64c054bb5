#include "kernels/base/column_sums.hpp"
#include "kernels/base/compiler.hpp"
#include "kernels/batch_norm/sweeps.hpp"

// After the pragma only our own templates are included: no inline function of a standard header may
// be compiled for instructions that the running processor might lack.
#if defined(__x86_64__)
FPANET_TARGET_BEGIN("avx2,fma")
#include "kernels/batch_norm/sweeps_body.hpp"
#include "kernels/simd/bf16_avx2.hpp"

namespace fpanet::kernels {

template <class T>
BatchNormSweeps<T> batch_norm_sweeps_avx2() {
  return BatchNormPasses<AnySimdAvx2<T>, T>::sweeps();
}
template BatchNormSweeps<float> batch_norm_sweeps_avx2();
template BatchNormSweeps<double> batch_norm_sweeps_avx2();
template BatchNormSweeps<bfloat16> batch_norm_sweeps_avx2();

}  // namespace fpanet::kernels
FPANET_TARGET_END
#endif
