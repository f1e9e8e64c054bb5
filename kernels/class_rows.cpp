#include "kernels/class_rows.hpp"

#include "kernels/cpu_features.hpp"

namespace fpanet::kernels {

const ClassRows& class_rows() {
  static const ClassRows rows = CpuForms<ClassRows>{.generic = class_rows_generic,
                                                    .avx2 = FPANET_X86_FORM(class_rows_avx2),
                                                    .avx512 = FPANET_X86_FORM(class_rows_avx512)}
                                    .choose();
  return rows;
}

}  // namespace fpanet::kernels
