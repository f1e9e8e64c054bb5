#include "kernels/softmax/class_rows.hpp"

namespace fpanet::kernels {

CpuVariants<ClassRows> class_rows_variants() {
  return {.generic = class_rows_generic,
          .avx2 = FPANET_X86_ONLY(class_rows_avx2),
          .avx512 = FPANET_X86_ONLY(class_rows_avx512),
          .neon = FPANET_ARM_ONLY(class_rows_neon)};
}

const ClassRows& class_rows() {
  static const ClassRows rows = class_rows_variants().choose();
  return rows;
}

}  // namespace fpanet::kernels
