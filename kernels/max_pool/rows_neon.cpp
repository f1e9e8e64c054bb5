#include "kernels/max_pool/rows.hpp"

#if defined(__aarch64__)
#include "kernels/max_pool/rows_body.hpp"
#include "kernels/simd/bf16_neon.hpp"

namespace fpanet::kernels {

template <class T>
MaxPoolRows<T> max_pool_rows_neon() {
  return MaxPoolPasses<AnySimdNeon<T>, T>::rows();
}
template MaxPoolRows<float> max_pool_rows_neon();
template MaxPoolRows<double> max_pool_rows_neon();
template MaxPoolRows<bfloat16> max_pool_rows_neon();

}  // namespace fpanet::kernels
#endif
