#include "kernels/base/compiler.hpp"
#include "kernels/softmax/class_rows.hpp"

// After the pragma only our own templates are included: no inline function of a standard header may
// be compiled for instructions that the running processor might lack.
#if defined(__x86_64__)
FPANET_TARGET_BEGIN("avx2,fma")
#include "kernels/simd/avx2.hpp"
#include "kernels/softmax/class_rows_body.hpp"

namespace fpanet::kernels {

ClassRows class_rows_avx2() {
  return ClassRowPasses<SimdAvx2<float>>::passes();
}

}  // namespace fpanet::kernels
FPANET_TARGET_END
#endif
