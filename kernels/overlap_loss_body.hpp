#pragma once

#include <cmath>

#include "kernels/overlap_loss.hpp"

namespace fpanet::kernels::body {

/// score = (a I + smooth) / (i I + p P + t T + smooth), and what the loss makes of it.
struct OverlapFormula {
  double a = 2, i = 0, p = 1, t = 1;
  bool log_loss = false;
  double smooth = 0, eps = 1e-7, gamma = 1;

  explicit OverlapFormula(const OverlapLossOptions& options)
      : log_loss(options.log_loss), smooth(options.smooth), eps(options.eps), gamma(options.gamma) {
    if (options.measure == OverlapMeasure::dice) return;
    a = 1;
    i = -1;
    if (options.measure == OverlapMeasure::jaccard) return;
    i = 1 - options.alpha - options.beta;
    p = options.alpha;
    t = options.beta;
  }

  FPANET_HD double loss_of(double total) const {
    return gamma == 1 ? total : std::pow(total, gamma);
  }
  /// d loss / d total; 0 for a perfect batch, where a gamma below 1 has none. Reads `total` only
  /// for a gamma other than 1.
  FPANET_HD double slope_of(const double* total) const {
    if (gamma == 1) return 1;
    return *total > 0 ? gamma * std::pow(*total, gamma - 1) : 0;
  }
};

struct OverlapSlopes {
  double intersection = 0, predicted = 0;
};

/// One class of the sums (3,C).
struct OverlapClass {
  double intersection, predicted, labelled;

  FPANET_HD OverlapClass(const double* sums, Index channels, Index c)
      : intersection(sums[c]), predicted(sums[channels + c]), labelled(sums[2 * channels + c]) {}

  FPANET_HD double numerator(const OverlapFormula& f) const {
    return f.a * intersection + f.smooth;
  }
  FPANET_HD double denominator(const OverlapFormula& f) const {
    const double areas = f.p * predicted + f.t * labelled;
    return f.i == 0 ? areas + f.smooth : areas + f.i * intersection + f.smooth;
  }
  FPANET_HD double score(const OverlapFormula& f) const {
    const double d = denominator(f);
    return numerator(f) / (d > f.eps ? d : f.eps);
  }

  /// l_c
  FPANET_HD double loss(const OverlapFormula& f) const {
    if (!(labelled > 0)) return 0;
    const double s = score(f);
    return f.log_loss ? -std::log(s > f.eps ? s : f.eps) : 1 - s;
  }

  /// Gradient of l_c.
  FPANET_HD OverlapSlopes slopes(const OverlapFormula& f) const {
    if (!(labelled > 0)) return {};
    const double d = denominator(f), s = score(f);
    double outer = -1;
    if (f.log_loss) outer = s >= f.eps ? -1 / s : 0;
    if (d < f.eps) return {outer * f.a / f.eps, 0};
    const double per_area = -outer * numerator(f) / (d * d);
    return {outer * f.a / d + f.i * per_area, f.p * per_area};
  }
};

}  // namespace fpanet::kernels::body
