#include "kernels/base/compiler.hpp"
#include "kernels/max_pool/rows.hpp"
#include "kernels/max_pool_body.hpp"

// After the pragma only our own templates are included: no inline function of a standard header may
// be compiled for instructions that the running processor might lack.
#if defined(__x86_64__)
FPANET_TARGET_BEGIN("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
#include "kernels/max_pool/rows_body.hpp"
#include "kernels/simd/bf16_avx512.hpp"

namespace fpanet::kernels {

template <class T>
MaxPoolRows<T> max_pool_rows_avx512() {
  return MaxPoolPasses<AnySimdAvx512<T>, T>::rows();
}
template MaxPoolRows<float> max_pool_rows_avx512();
template MaxPoolRows<double> max_pool_rows_avx512();
template MaxPoolRows<bfloat16> max_pool_rows_avx512();

}  // namespace fpanet::kernels
FPANET_TARGET_END
#endif
