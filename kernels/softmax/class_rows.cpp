#include "kernels/softmax/class_rows.hpp"

#include "kernels/simd/cpu_isa.hpp"

namespace fpanet::kernels {

const ClassRows& class_rows() {
  static const ClassRows rows = CpuVariants<ClassRows>{.generic = class_rows_generic,
                                                       .avx2 = FPANET_X86_ONLY(class_rows_avx2),
                                                       .avx512 = FPANET_X86_ONLY(class_rows_avx512)}
                                    .choose();
  return rows;
}

}  // namespace fpanet::kernels
