#pragma once

#include "kernels/loss_mean/pixel_labels.hpp"
#include "kernels/lovasz.hpp"
#include "kernels/softmax_body.hpp"

namespace fpanet::kernels::body {

/// J_k of lovasz.hpp for the first `count` pixels, of which `hits` have the label, as `labelled` of
/// all do.
FPANET_HD inline double lovasz_jaccard(double labelled, double count, double hits) {
  return 1 - (labelled - hits) / (labelled + count - hits);
}

/// J_k - J_(k-1) where the k-th pixel (k from 1) has the label or not, and `hits` of the first k do.
FPANET_HD inline double lovasz_step(double labelled, double count, double hits, bool has_label) {
  const double before =
      count == 1 ? 0 : lovasz_jaccard(labelled, count - 1, hits - (has_label ? 1 : 0));
  return lovasz_jaccard(labelled, count, hits) - before;
}

/// Losses of the classes of all groups, -1 for a class that is absent, put together.
struct LovaszTotal {
  double loss = 0;
  Index groups = 0;

  /// Adds a group; returns the number of classes that occur in it.
  FPANET_HD Index add(const double* of_classes, Index channels) {
    double sum = 0;
    Index present = 0;
    for (Index c = 0; c < channels; ++c) {
      if (of_classes[c] == -1) continue;
      sum += of_classes[c];
      ++present;
    }
    if (present == 0) return 0;
    loss += sum / static_cast<double>(present);
    ++groups;
    return present;
  }
  FPANET_HD double mean() const { return groups > 0 ? loss / static_cast<double>(groups) : 0; }
};

/// dx of one pixel.
template <class T>
struct LovaszGradient {
  using R = Real<T>;

  const R* p;
  const R* slopes;
  const double* present;
  const R* dloss;
  Index channels, group_pixels, groups;
  T* dx;
  Write write;

  /// What the loss of a class of the pixel's group counts in the loss.
  FPANET_HD R share_of(Index pixel) const {
    Index counted = 0;
    for (Index g = 0; g < groups; ++g) counted += present[g] > 0 ? 1 : 0;
    const double classes = present[pixel / group_pixels];
    if (!(classes > 0)) return 0;
    return static_cast<R>(static_cast<double>(*dloss) / (static_cast<double>(counted) * classes));
  }

  FPANET_HD void map(Index pixel) const {
    const R share = share_of(pixel);
    const R* const values = p + pixel * channels;
    const R* const slope = slopes + pixel * channels;
    R dot = 0;
    for (Index c = 0; c < channels; ++c) dot += values[c] * (share * slope[c]);
    for (Index c = 0; c < channels; ++c) {
      store(dx[pixel * channels + c], softmax_gradient(values[c], share * slope[c], dot), write);
    }
  }
};

}  // namespace fpanet::kernels::body
