#include "kernels/gemm_pairs.hpp"

#include "kernels/cpu_features.hpp"

namespace fpanet::kernels {
namespace {

GemmPairs choose_gemm_pairs() {
  switch (cpu_level()) {
#if defined(__x86_64__)
    case CpuLevel::avx512_bf16:
      return gemm_pairs_avx512_bf16();
    case CpuLevel::avx512:
      return gemm_pairs_avx512();
    case CpuLevel::avx2:
      return gemm_pairs_avx2();
#endif
    default:
      return gemm_pairs_generic();
  }
}

}  // namespace

const GemmPairs& gemm_pairs() {
  static const GemmPairs kernels = choose_gemm_pairs();
  return kernels;
}

}  // namespace fpanet::kernels
