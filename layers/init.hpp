#pragma once
// Initial distributions as torch.nn.init defines them. fan_in and fan_out are input and output
// channels times kernel elements. https://pytorch.org/docs/stable/nn.init.html

#include "engine/graph/parameters.hpp"

namespace fpanet::init {

Initializer constant(double value);
/// U(-bound, bound).
Initializer uniform(double bound);
/// N(0, 2 / fan_out): He et al. 2015, for a convolution followed by ReLU (torchvision's ResNet).
Initializer kaiming_normal_fan_out(const Shape& weight);
/// U(-b, b), b = sqrt(6 / fan_in) (SMP's decoders).
Initializer kaiming_uniform_fan_in(const Shape& weight);
/// U(-b, b), b = sqrt(6 / (fan_in + fan_out)) (SMP's heads).
Initializer xavier_uniform(const Shape& weight);
/// U(-b, b), b = 1 / sqrt(fan_in): the default of nn.Conv2d and nn.Linear, for weight and bias.
Initializer torch_default(const Shape& weight);

}  // namespace fpanet::init
