#pragma once
// The definition of kernels/overlap_loss.hpp in plain loops, following SMP's losses: from true and
// false positives and false negatives, which are sums over all pixels.

#include <algorithm>
#include <cmath>

#include "kernels/overlap_loss.hpp"

namespace fpanet::kernels::naive {

inline double overlap_score(double hits, double predicted, double labelled,
                            const OverlapLossOptions& options) {
  const double false_positives = predicted - hits, false_negatives = labelled - hits;
  const double s = options.smooth;
  switch (options.measure) {
    case OverlapMeasure::dice:
      return (2 * hits + s) / std::max(predicted + labelled + s, options.eps);
    case OverlapMeasure::jaccard:
      return (hits + s) / std::max(hits + false_positives + false_negatives + s, options.eps);
    case OverlapMeasure::tversky:
      return (hits + s) /
             std::max(hits + options.alpha * false_positives + options.beta * false_negatives + s,
                      options.eps);
  }
  return 0;
}

/// The loss of sums (3,C).
inline double overlap_loss(const std::vector<double>& sums, const OverlapLossOptions& options) {
  const std::size_t channels = sums.size() / 3;
  double total = 0;
  for (std::size_t c = 0; c < channels; ++c) {
    const double labelled = sums[2 * channels + c];
    const double score = overlap_score(sums[c], sums[channels + c], labelled, options);
    const double one = options.log_loss ? -std::log(std::max(score, options.eps)) : 1 - score;
    if (labelled > 0) total += options.weights[c] * one;
  }
  return std::pow(total, options.gamma);
}

}  // namespace fpanet::kernels::naive
