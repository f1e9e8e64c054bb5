#include "kernels/gemm/pairs.hpp"

// CMake compiles this file for processors with FEAT_BF16. A pragma would not do as it does on x86: clang declares the
// intrinsics only if the whole file is compiled for them.
#if defined(__aarch64__)
#include "kernels/gemm/pairs_body.hpp"
#include "kernels/simd/bf16_neon_dot.hpp"

namespace fpanet::kernels {

GemmPairs gemm_pairs_neon_bf16() {
  return GemmPairsTile<SimdBf16NeonDot>::kernels();
}

}  // namespace fpanet::kernels
#endif
