#pragma once
// The definition of kernels/lovasz.hpp in plain loops, following SMP's LovaszLoss: the gradient of the
// Jaccard loss from cumulative sums along the sorted errors.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "kernels/lovasz.hpp"
#include "kernels/naive/image.hpp"

namespace fpanet::kernels::naive {

/// The loss of some pixels, given by their numbers; none if no class occurs.
inline std::optional<double> lovasz_of(View<const double> p, const std::int32_t* labels,
                                       const std::vector<Index>& pixels) {
  double sum = 0;
  int present = 0;
  for (Index c = 0; c < p.c; ++c) {
    const auto hit = [&](Index pixel) { return labels[pixel] == c ? 1.0 : 0.0; };
    const auto error = [&](Index pixel) { return std::abs(hit(pixel) - p.data[pixel * p.c + c]); };
    std::vector<Index> sorted = pixels;
    std::ranges::stable_sort(sorted, std::ranges::greater(), error);
    double labelled = 0;
    for (const Index pixel : sorted) labelled += hit(pixel);
    if (labelled == 0) continue;
    double hits = 0, misses = 0, before = 0;
    for (const Index pixel : sorted) {
      hits += hit(pixel);
      misses += 1 - hit(pixel);
      const double jaccard = 1 - (labelled - hits) / (labelled + misses);
      sum += error(pixel) * (jaccard - before);
      before = jaccard;
    }
    ++present;
  }
  return present > 0 ? std::optional(sum / present) : std::nullopt;
}

inline double lovasz(View<const double> p, const std::int32_t* labels,
                     const LovaszOptions& options) {
  const Index groups = options.groups(p.n), count = p.pixels() / groups;
  double sum = 0;
  int counted = 0;
  for (Index g = 0; g < groups; ++g) {
    std::vector<Index> pixels;
    for (Index i = g * count; i < (g + 1) * count; ++i) {
      const Index label = labels[i];
      if (label != options.ignore_index && label >= 0 && label < p.c) pixels.push_back(i);
    }
    if (const auto loss = lovasz_of(p, labels, pixels)) {
      sum += *loss;
      ++counted;
    }
  }
  return counted > 0 ? sum / counted : 0;
}

}  // namespace fpanet::kernels::naive
