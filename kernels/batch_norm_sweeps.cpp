#include "kernels/batch_norm_sweeps.hpp"

#include "kernels/cpu_features.hpp"

namespace fpanet::kernels {

template <class T>
const BatchNormSweeps<T>& batch_norm_sweeps() {
  static const BatchNormSweeps<T> sweeps =
      CpuForms<BatchNormSweeps<T>>{.generic = batch_norm_sweeps_generic<T>,
                                   .avx2 = FPANET_X86_FORM(batch_norm_sweeps_avx2<T>),
                                   .avx512 = FPANET_X86_FORM(batch_norm_sweeps_avx512<T>)}
          .choose();
  return sweeps;
}

template const BatchNormSweeps<float>& batch_norm_sweeps();
template const BatchNormSweeps<double>& batch_norm_sweeps();
template const BatchNormSweeps<bfloat16>& batch_norm_sweeps();

}  // namespace fpanet::kernels
