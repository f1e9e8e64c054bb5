#pragma once
// ResNet encoders as segmentation_models_pytorch 0.3.3 builds them on torchvision's ResNet (v1.5:
// the 3x3 convolution of a bottleneck has the stride). They have no global pooling and no
// classifier. The state dict contains all four layers, whatever the depth.
// He et al., "Deep residual learning for image recognition", 2015.

#include <array>
#include <string>
#include <variant>
#include <vector>

#include "layers/modules.hpp"

namespace fpanet {

/// One member of the family: its block type and the number of blocks in each layer.
struct ResNetSpec {
  std::string name;
  bool bottleneck = false;
  std::array<int, 4> blocks{};
};

/// The spec of resnet18, 34, 50, 101 or 152. Throws Error, which lists these, for any other name.
const ResNetSpec& resnet_spec(const std::string& name);
std::vector<std::string> resnet_names();

/// conv3x3(stride) - bn - relu - conv3x3 - bn, + identity, relu.
class BasicBlock {
 public:
  static constexpr Index kExpansion = 1;
  BasicBlock(const Scope& scope, Index in_channels, Index planes, Index stride);
  Value operator()(const Forward& forward, Value x) const;

 private:
  Conv2d conv1_;
  BatchNorm2d bn1_;
  Conv2d conv2_;
  BatchNorm2d bn2_;
  std::optional<Downsample> downsample_;
};

/// conv1x1 - bn - relu - conv3x3(stride) - bn - relu - conv1x1 - bn, + identity, relu.
class Bottleneck {
 public:
  static constexpr Index kExpansion = 4;
  Bottleneck(const Scope& scope, Index in_channels, Index planes, Index stride);
  Value operator()(const Forward& forward, Value x) const;

 private:
  Conv2d conv1_;
  BatchNorm2d bn1_;
  Conv2d conv2_;
  BatchNorm2d bn2_;
  Conv2d conv3_;
  BatchNorm2d bn3_;
  std::optional<Downsample> downsample_;
};

class ResNetEncoder {
 public:
  /// `depth`, 3 to 5, is the number of times that the resolution is halved.
  ResNetEncoder(const Scope& scope, const std::string& name, int depth, Index in_channels);

  /// x (N,in_channels,H,W), H and W divisible by output_stride(). Returns depth + 1 features: x
  /// itself, then one for each of the strides 2, 4, 8, 16, 32 up to the depth. The feature of
  /// stride 2 is taken before the max-pool.
  std::vector<Value> operator()(const Forward& forward, Value x) const;

  /// Channels of each feature, e.g. (3,64,64,128,256,512).
  const std::vector<Index>& out_channels() const { return out_channels_; }
  Index output_stride() const { return Index{1} << depth_; }

 private:
  using Block = std::variant<BasicBlock, Bottleneck>;

  int depth_;
  std::vector<Index> out_channels_;
  Conv2d conv1_;
  BatchNorm2d bn1_;
  std::array<std::vector<Block>, 4> layers_;
};

}  // namespace fpanet
