#pragma once

#include "kernels/cuda/columns.hpp"

namespace fpanet::kernels {

/// Finishes column_totals() for the Cuda halves of class_sums.hpp and softmax_class_sums.hpp.
struct WriteClassSums {
  double* sums;
  Index channels;

  FPANET_HD void operator()(Index c, const double* totals) const {
    for (int k = 0; k < 3; ++k) sums[k * channels + c] = totals[k];
  }
};

}  // namespace fpanet::kernels
