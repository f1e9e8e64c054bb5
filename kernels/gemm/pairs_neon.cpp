#include "kernels/gemm/pairs.hpp"

#if defined(__aarch64__)
#include "kernels/gemm/pairs_body.hpp"
#include "kernels/simd/bf16_neon.hpp"

namespace fpanet::kernels {

GemmPairs gemm_pairs_neon() {
  return GemmPairsTile<SimdBf16Neon>::kernels();
}

}  // namespace fpanet::kernels
#endif
