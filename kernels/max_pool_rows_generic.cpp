#include "kernels/cpu_simd_bf16_generic.hpp"
#include "kernels/max_pool_rows.hpp"
#include "kernels/max_pool_rows_body.hpp"

namespace fpanet::kernels {

template <class T>
MaxPoolRows<T> max_pool_rows_generic() {
  return MaxPoolPasses<AnySimdGeneric<T>, T>::rows();
}
template MaxPoolRows<float> max_pool_rows_generic();
template MaxPoolRows<double> max_pool_rows_generic();
template MaxPoolRows<bfloat16> max_pool_rows_generic();

}  // namespace fpanet::kernels
