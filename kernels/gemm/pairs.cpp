#include "kernels/gemm/pairs.hpp"

#include "kernels/simd/cpu_isa.hpp"

namespace fpanet::kernels {

const GemmPairs& gemm_pairs() {
  static const GemmPairs kernels =
      CpuVariants<GemmPairs>{.generic = gemm_pairs_generic,
                             .avx2 = FPANET_X86_ONLY(gemm_pairs_avx2),
                             .avx512 = FPANET_X86_ONLY(gemm_pairs_avx512),
                             .avx512_bf16 = FPANET_X86_ONLY(gemm_pairs_avx512_bf16)}
          .choose();
  return kernels;
}

}  // namespace fpanet::kernels
