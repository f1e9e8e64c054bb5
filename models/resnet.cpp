#include "models/resnet.hpp"

#include <fmt/core.h>

#include <array>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "layers/max_pool.hpp"

namespace fpanet {

namespace {

const std::array<ResNetSpec, 5> kFamily = {{
    {"resnet18", false, {2, 2, 2, 2}},
    {"resnet34", false, {3, 4, 6, 3}},
    {"resnet50", true, {3, 4, 6, 3}},
    {"resnet101", true, {3, 4, 23, 3}},
    {"resnet152", true, {3, 8, 36, 3}},
}};

/// A convolution of the encoder, without bias and with torchvision's initialisation.
Conv2d encoder_conv(const Scope& scope, Index in_channels, Index out_channels, Index kernel,
                    Index stride) {
  const Shape weight{out_channels, in_channels, kernel, kernel};
  return {scope,
          {.in_channels = in_channels,
           .out_channels = out_channels,
           .kernel = kernel,
           .stride = stride,
           .padding = kernel / 2,
           .bias = false,
           .initializer = init::kaiming_normal_fan_out(weight)}};
}

/// The 1x1 convolution and batch norm on an identity path whose shape changes, else none.
std::optional<Downsample> downsample_if_needed(const Scope& scope, Index in_channels,
                                               Index out_channels, Index stride) {
  if (stride == 1 && in_channels == out_channels) return std::nullopt;
  // Registered in state-dict order: downsample.0 is the convolution, downsample.1 the norm.
  Conv2d conv = encoder_conv(scope / "0", in_channels, out_channels, 1, stride);
  return Downsample{conv, BatchNorm2d(scope / "1", out_channels)};
}

Value identity_of(const std::optional<Downsample>& downsample, const Forward& forward, Value x) {
  return downsample ? conv_norm(forward, downsample->conv, downsample->norm, x) : x;
}

Conv2d stem_conv(const Scope& scope, Index in_channels) {
  const Shape weight{64, in_channels, 7, 7};
  // For channel counts other than 3, SMP replaces the first convolution and leaves the new one with
  // PyTorch's default initialisation.
  return {scope,
          {.in_channels = in_channels,
           .out_channels = 64,
           .kernel = 7,
           .stride = 2,
           .padding = 3,
           .bias = false,
           .initializer = in_channels == 3 ? init::kaiming_normal_fan_out(weight)
                                           : init::torch_default(weight)}};
}

int checked_depth(int depth) {
  require(depth >= 3 && depth <= 5, "encoder: depth {} is not 3, 4 or 5", depth);
  return depth;
}

}  // namespace

const ResNetSpec& resnet_spec(const std::string& name) {
  for (const ResNetSpec& spec : kFamily) {
    if (spec.name == name) return spec;
  }
  fail("encoder: '{}' is unknown; known are {}", name, join(resnet_names(), ", "));
}

std::vector<std::string> resnet_names() {
  std::vector<std::string> names;
  for (const ResNetSpec& spec : kFamily) names.push_back(spec.name);
  return names;
}

BasicBlock::BasicBlock(const Scope& scope, Index in_channels, Index planes, Index stride)
    : conv1_(encoder_conv(scope / "conv1", in_channels, planes, 3, stride)),
      bn1_(scope / "bn1", planes),
      conv2_(encoder_conv(scope / "conv2", planes, planes, 3, 1)),
      bn2_(scope / "bn2", planes),
      downsample_(downsample_if_needed(scope / "downsample", in_channels, planes, stride)) {}

Value BasicBlock::operator()(const Forward& forward, Value x) const {
  const Value y = conv_norm(forward, conv1_, bn1_, x, {.relu = true});
  const Value identity = identity_of(downsample_, forward, x);
  return conv_norm(forward, conv2_, bn2_, y, {.relu = true, .residual = identity});
}

Bottleneck::Bottleneck(const Scope& scope, Index in_channels, Index planes, Index stride)
    : conv1_(encoder_conv(scope / "conv1", in_channels, planes, 1, 1)),
      bn1_(scope / "bn1", planes),
      conv2_(encoder_conv(scope / "conv2", planes, planes, 3, stride)),
      bn2_(scope / "bn2", planes),
      conv3_(encoder_conv(scope / "conv3", planes, planes * kExpansion, 1, 1)),
      bn3_(scope / "bn3", planes * kExpansion),
      downsample_(
          downsample_if_needed(scope / "downsample", in_channels, planes * kExpansion, stride)) {}

Value Bottleneck::operator()(const Forward& forward, Value x) const {
  Value y = conv_norm(forward, conv1_, bn1_, x, {.relu = true});
  y = conv_norm(forward, conv2_, bn2_, y, {.relu = true});
  const Value identity = identity_of(downsample_, forward, x);
  return conv_norm(forward, conv3_, bn3_, y, {.relu = true, .residual = identity});
}

ResNetEncoder::ResNetEncoder(const Scope& scope, const std::string& name, int depth,
                             Index in_channels)
    : depth_(checked_depth(depth)),
      out_channels_{in_channels, 64},
      conv1_(stem_conv(scope / "conv1", in_channels)),
      bn1_(scope / "bn1", 64) {
  const ResNetSpec& spec = resnet_spec(name);
  const Index expansion = spec.bottleneck ? Bottleneck::kExpansion : BasicBlock::kExpansion;
  Index channels = 64;
  for (int stage = 0; stage < 4; ++stage) {
    const Index planes = Index{64} << stage;
    const Scope layer = scope / fmt::format("layer{}", stage + 1);
    for (int i = 0; i < spec.blocks[static_cast<std::size_t>(stage)]; ++i) {
      const Index stride = stage > 0 && i == 0 ? 2 : 1;
      auto& blocks = layers_[static_cast<std::size_t>(stage)];
      if (spec.bottleneck) {
        blocks.emplace_back(Bottleneck(layer / std::to_string(i), channels, planes, stride));
      } else {
        blocks.emplace_back(BasicBlock(layer / std::to_string(i), channels, planes, stride));
      }
      channels = planes * expansion;
    }
    if (stage + 2 <= depth_) out_channels_.push_back(channels);
  }
}

std::vector<Value> ResNetEncoder::operator()(const Forward& forward, Value x) const {
  std::vector<Value> features = {x};
  features.push_back(conv_norm(forward, conv1_, bn1_, x, {.relu = true}));
  x = max_pool(features.back(), {.kernel = 3, .stride = 2, .padding = 1});
  for (int stage = 0; stage + 2 <= depth_; ++stage) {
    for (const Block& block : layers_[static_cast<std::size_t>(stage)]) {
      x = std::visit([&](const auto& b) { return b(forward, x); }, block);
    }
    features.push_back(x);
  }
  return features;
}

}  // namespace fpanet
