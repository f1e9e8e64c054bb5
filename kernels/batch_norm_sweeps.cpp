#include "kernels/batch_norm_sweeps.hpp"

#include "kernels/cpu_features.hpp"

namespace fpanet::kernels {
namespace {

template <class T>
BatchNormSweeps<T> choose_sweeps() {
  switch (cpu_level()) {
#if defined(__x86_64__)
    case CpuLevel::avx512_bf16:
    case CpuLevel::avx512:
      return batch_norm_sweeps_avx512<T>();
    case CpuLevel::avx2:
      return batch_norm_sweeps_avx2<T>();
#endif
    default:
      return batch_norm_sweeps_generic<T>();
  }
}

}  // namespace

template <class T>
const BatchNormSweeps<T>& batch_norm_sweeps() {
  static const BatchNormSweeps<T> sweeps = choose_sweeps<T>();
  return sweeps;
}

template const BatchNormSweeps<float>& batch_norm_sweeps();
template const BatchNormSweeps<double>& batch_norm_sweeps();
template const BatchNormSweeps<bfloat16>& batch_norm_sweeps();

}  // namespace fpanet::kernels
