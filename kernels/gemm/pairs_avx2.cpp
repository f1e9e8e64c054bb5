#include <cstring>

#include "kernels/base/compiler.hpp"
#include "kernels/gemm/pairs.hpp"

// After the pragma only our own templates are included: no inline function of a standard header may
// be compiled for instructions that the running processor might lack.
#if defined(__x86_64__)
FPANET_TARGET_BEGIN("avx2,fma")
#include "kernels/gemm/pairs_body.hpp"
#include "kernels/simd/bf16_avx2.hpp"

namespace fpanet::kernels {

GemmPairs gemm_pairs_avx2() {
  return GemmPairsTile<SimdBf16Avx2>::kernels();
}

}  // namespace fpanet::kernels
FPANET_TARGET_END
#endif
