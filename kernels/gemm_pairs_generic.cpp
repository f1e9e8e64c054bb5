#include "kernels/cpu_simd_bf16_generic.hpp"
#include "kernels/gemm_pairs_body.hpp"

namespace fpanet::kernels {

GemmPairs gemm_pairs_generic() {
  return GemmPairsTile<SimdBf16Generic>::kernels();
}

}  // namespace fpanet::kernels
