#include "kernels/class_rows.hpp"

#include "kernels/cpu_features.hpp"

namespace fpanet::kernels {
namespace {

ClassRows choose_class_rows() {
  switch (cpu_level()) {
#if defined(__x86_64__)
    case CpuLevel::avx512_bf16:
    case CpuLevel::avx512:
      return class_rows_avx512();
    case CpuLevel::avx2:
      return class_rows_avx2();
#endif
    default:
      return class_rows_generic();
  }
}

}  // namespace

const ClassRows& class_rows() {
  static const ClassRows rows = choose_class_rows();
  return rows;
}

}  // namespace fpanet::kernels
