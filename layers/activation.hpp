#pragma once
// The activations that SMP's heads accept by name.

#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/graph.hpp"

namespace fpanet {

enum class Activation : std::uint8_t {
  identity,
  sigmoid,
  softmax2d,
  softmax,
  logsoftmax,
  tanh,
  argmax,
  argmax2d,
  clamp,
};

/// Parses "identity" or "none", "sigmoid", ... Throws Error listing the known names for any other.
Activation parse_activation(std::string_view name);
std::string_view name_of(Activation activation);
std::vector<std::string> activation_names();

/// softmax2d, softmax and logsoftmax run over dimension 1 of (N,C,H,W) and (N,C). argmax and
/// argmax2d both return the class of each pixel. SMP's "argmax" returns a single index for the
/// whole batch, which is useless, so it is not reproduced. clamp limits values to [0,1].
Value activate(Value x, Activation activation);

Value sigmoid(Value x);  ///< 1 / (1 + exp(-x)); backward reads y
Value tanh(Value x);     ///< backward reads y
/// min(max(x, low), high). The gradient passes where low <= x <= high. Backward reads x.
Value clamp(Value x, double low, double high);
/// The index of the first maximum, as i32: over the channels of (N,C,H,W) -> (N,1,H,W), or over the
/// last dimension of (N,C) -> (N,1). Not differentiable.
Value argmax(Value x);

}  // namespace fpanet
