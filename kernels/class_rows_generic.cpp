#include "kernels/class_rows.hpp"
#include "kernels/class_rows_body.hpp"
#include "kernels/cpu_simd_generic.hpp"

namespace fpanet::kernels {

ClassRows class_rows_generic() {
  return ClassRowPasses<SimdGeneric<float>>::passes();
}

}  // namespace fpanet::kernels
