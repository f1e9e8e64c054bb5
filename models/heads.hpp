#pragma once
// The heads on top of the features: a segmentation mask and, optionally, labels of the whole image.

#include <string>

#include "layers/activation.hpp"
#include "layers/modules.hpp"

namespace fpanet {

/// Conv2d 3x3 with bias, then the activation.
class SegmentationHead {
 public:
  SegmentationHead(const Scope& scope, Index in_channels, Index classes, Activation activation);
  /// x (N,C,H,W) -> (N,classes,H,W), before the activation.
  Value logits(const Forward& forward, Value x) const;
  Activation activation() const { return activation_; }

 private:
  Conv2d conv_;
  Activation activation_;
};

/// SMP's aux_params.
struct ClassificationOptions {
  std::string pooling = "avg";  ///< avg or max
  double dropout = 0.2;
  Index classes = 1;
  Activation activation = Activation::identity;
};

/// Sequential(0: global pool, 1: flatten, 2: dropout, 3: linear, 4: activation).
class ClassificationHead {
 public:
  ClassificationHead(const Scope& scope, Index in_channels, const ClassificationOptions& options);
  /// The deepest feature (N,C,h,w) -> (N,classes).
  Value operator()(const Forward& forward, Value x) const;

 private:
  ClassificationOptions options_;
  Linear linear_;
};

}  // namespace fpanet
