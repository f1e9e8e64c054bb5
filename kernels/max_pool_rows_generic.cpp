#include "kernels/cpu_simd_generic.hpp"
#include "kernels/max_pool_rows.hpp"
#include "kernels/max_pool_rows_body.hpp"

namespace fpanet::kernels {

template <class T>
MaxPoolRows<T> max_pool_rows_generic() {
  return MaxPoolPasses<SimdGeneric<T>>::rows();
}
template MaxPoolRows<float> max_pool_rows_generic();
template MaxPoolRows<double> max_pool_rows_generic();

}  // namespace fpanet::kernels
