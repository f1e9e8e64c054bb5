#include "kernels/gemm/pairs.hpp"

namespace fpanet::kernels {

CpuVariants<GemmPairs> gemm_pairs_variants() {
  return {.generic = gemm_pairs_generic,
          .avx2 = FPANET_X86_ONLY(gemm_pairs_avx2),
          .avx512 = FPANET_X86_ONLY(gemm_pairs_avx512),
          .neon = FPANET_ARM_ONLY(gemm_pairs_neon),
          .avx512_bf16 = FPANET_X86_ONLY(gemm_pairs_avx512_bf16),
          .neon_bf16 = FPANET_ARM_ONLY(gemm_pairs_neon_bf16)};
}

const GemmPairs& gemm_pairs() {
  static const GemmPairs kernels = gemm_pairs_variants().choose();
  return kernels;
}

}  // namespace fpanet::kernels
