#pragma once
// The definition of kernels/cross_entropy.hpp in plain loops, from the logits alone.

#include <cmath>
#include <cstdint>

#include "kernels/cross_entropy.hpp"
#include "kernels/naive/image.hpp"

namespace fpanet::kernels::naive {

struct CrossEntropySums {
  double terms = 0, weights = 0;
};

inline CrossEntropySums cross_entropy(View<const double> x, const std::int32_t* labels,
                                      const double* weights, const CrossEntropyOptions& options) {
  CrossEntropySums sums;
  for (Index pixel = 0; pixel < x.pixels(); ++pixel) {
    const Index label = labels[pixel];
    if (label == options.ignore_index || label < 0 || label >= x.c) continue;
    const double* const logits = x.data + pixel * x.c;
    double largest = logits[0], total = 0;
    for (Index c = 1; c < x.c; ++c) largest = logits[c] > largest ? logits[c] : largest;
    for (Index c = 0; c < x.c; ++c) total += std::exp(logits[c] - largest);
    const auto loss_of = [&](Index c) { return largest + std::log(total) - logits[c]; };
    double all = 0;
    for (Index c = 0; c < x.c; ++c) all += weights[c] * loss_of(c);
    sums.terms += (1 - options.label_smoothing) * weights[label] * loss_of(label) +
                  options.label_smoothing / static_cast<double>(x.c) * all;
    sums.weights += weights[label];
  }
  return sums;
}

}  // namespace fpanet::kernels::naive
