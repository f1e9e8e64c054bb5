#include "kernels/max_pool/rows.hpp"
#include "kernels/max_pool/rows_body.hpp"
#include "kernels/simd/bf16_generic.hpp"

namespace fpanet::kernels {

template <class T>
MaxPoolRows<T> max_pool_rows_generic() {
  return MaxPoolPasses<AnySimdGeneric<T>, T>::rows();
}
template MaxPoolRows<float> max_pool_rows_generic();
template MaxPoolRows<double> max_pool_rows_generic();
template MaxPoolRows<bfloat16> max_pool_rows_generic();

}  // namespace fpanet::kernels
