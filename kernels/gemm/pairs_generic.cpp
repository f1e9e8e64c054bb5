#include "kernels/gemm/pairs_body.hpp"
#include "kernels/simd/bf16_generic.hpp"

namespace fpanet::kernels {

GemmPairs gemm_pairs_generic() {
  return GemmPairsTile<SimdBf16Generic>::kernels();
}

}  // namespace fpanet::kernels
