#include <cstring>

#include "kernels/base/compiler.hpp"
#include "kernels/gemm/pairs.hpp"

// After the pragma only our own templates are included: no inline function of a standard header may
// be compiled for instructions that the running processor might lack.
#if defined(__x86_64__)
FPANET_TARGET_BEGIN("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
#include "kernels/gemm/pairs_body.hpp"
#include "kernels/simd/bf16_avx512.hpp"

namespace fpanet::kernels {

GemmPairs gemm_pairs_avx512() {
  return GemmPairsTile<SimdBf16Avx512>::kernels();
}

}  // namespace fpanet::kernels
FPANET_TARGET_END
#endif
