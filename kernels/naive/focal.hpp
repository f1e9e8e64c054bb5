#pragma once
// The definition of kernels/focal.hpp in plain loops.

#include <cmath>
#include <cstdint>

#include "kernels/focal.hpp"
#include "kernels/naive/image.hpp"

namespace fpanet::kernels::naive {

struct FocalSums {
  double terms = 0, pixels = 0;
};

inline FocalSums focal(View<const double> x, const std::int32_t* labels, const double* weights,
                       const FocalOptions& options) {
  FocalSums sums;
  for (Index pixel = 0; pixel < x.pixels(); ++pixel) {
    const Index label = labels[pixel];
    if (label == options.ignore_index || label < 0 || label >= x.c) continue;
    for (Index c = 0; c < x.c; ++c) {
      const double logit = x.data[pixel * x.c + c];
      const double q = 1 / (1 + std::exp(c == label ? -logit : logit));
      sums.terms += weights[c] * std::pow(1 - q, options.gamma) * -std::log(q);
    }
    sums.pixels += 1;
  }
  return sums;
}

}  // namespace fpanet::kernels::naive
