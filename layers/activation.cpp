#include "layers/activation.hpp"

#include <fmt/core.h>

#include <array>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "layers/softmax.hpp"

namespace fpanet {
namespace {

struct Name {
  Activation activation;
  std::string_view name;
};

constexpr std::array kNames = {
    Name{Activation::identity, "identity"},     Name{Activation::sigmoid, "sigmoid"},
    Name{Activation::softmax2d, "softmax2d"},   Name{Activation::softmax, "softmax"},
    Name{Activation::logsoftmax, "logsoftmax"}, Name{Activation::tanh, "tanh"},
    Name{Activation::argmax, "argmax"},         Name{Activation::argmax2d, "argmax2d"},
    Name{Activation::clamp, "clamp"},
};

}  // namespace

Activation parse_activation(std::string_view name) {
  if (name == "none") return Activation::identity;
  for (const Name& known : kNames) {
    if (known.name == name) return known.activation;
  }
  fail("activation: '{}' is unknown; known are none, {}", name, join(activation_names(), ", "));
}

std::string_view name_of(Activation activation) {
  for (const Name& known : kNames) {
    if (known.activation == activation) return known.name;
  }
  return "?";
}

std::vector<std::string> activation_names() {
  std::vector<std::string> names;
  for (const Name& known : kNames) names.emplace_back(known.name);
  return names;
}

Value activate(Value x, Activation activation) {
  switch (activation) {
    case Activation::identity:
      return x;
    case Activation::sigmoid:
      return sigmoid(x);
    case Activation::softmax2d:
    case Activation::softmax:
      return softmax(x);
    case Activation::logsoftmax:
      return log_softmax(x);
    case Activation::tanh:
      return tanh(x);
    case Activation::argmax:
    case Activation::argmax2d:
      return argmax(x);
    case Activation::clamp:
      return clamp(x, 0, 1);
  }
  return x;
}

}  // namespace fpanet
