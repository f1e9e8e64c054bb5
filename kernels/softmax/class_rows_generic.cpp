#include "kernels/simd/generic.hpp"
#include "kernels/softmax/class_rows.hpp"
#include "kernels/softmax/class_rows_body.hpp"

namespace fpanet::kernels {

ClassRows class_rows_generic() {
  return ClassRowPasses<SimdGeneric<float>>::passes();
}

}  // namespace fpanet::kernels
