#include "kernels/batch_norm/sweeps.hpp"

#include "kernels/simd/cpu_isa.hpp"

namespace fpanet::kernels {

template <class T>
const BatchNormSweeps<T>& batch_norm_sweeps() {
  static const BatchNormSweeps<T> sweeps =
      CpuVariants<BatchNormSweeps<T>>{.generic = batch_norm_sweeps_generic<T>,
                                      .avx2 = FPANET_X86_ONLY(batch_norm_sweeps_avx2<T>),
                                      .avx512 = FPANET_X86_ONLY(batch_norm_sweeps_avx512<T>),
                                      .neon = FPANET_ARM_ONLY(batch_norm_sweeps_neon<T>)}
          .choose();
  return sweeps;
}

template const BatchNormSweeps<float>& batch_norm_sweeps();
template const BatchNormSweeps<double>& batch_norm_sweeps();
template const BatchNormSweeps<bfloat16>& batch_norm_sweeps();

}  // namespace fpanet::kernels
