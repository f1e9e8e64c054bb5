#pragma once

#include "kernels/loss_mean.hpp"

namespace fpanet::kernels::body {

FPANET_HD inline double loss_mean(const double* sums) {
  return sums[1] != 0 ? sums[0] / sums[1] : 0;
}

FPANET_HD inline void loss_mean_gradient(const double* sums, double dloss, double* dsums,
                                         Write write) {
  store(dsums[0], sums[1] != 0 ? dloss / sums[1] : 0.0, write);
  store(dsums[1], 0.0, write);
}

}  // namespace fpanet::kernels::body
