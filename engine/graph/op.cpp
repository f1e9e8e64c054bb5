#include "engine/graph/op.hpp"

#include "engine/core/error.hpp"

namespace fpanet {

double Op::attribute(std::string_view attribute_name) const {
  for (const OpAttribute& attribute : attributes()) {
    if (attribute.name == attribute_name) return attribute.value;
  }
  fail("{}: has no attribute {}", name(), attribute_name);
}

std::string Op::parameters() const {
  std::string text;
  for (const OpAttribute& attribute : attributes()) {
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", attribute.name, attribute.value);
  }
  return text;
}

void Op::backward(BackwardRule&) const {
  fail("{}: has no gradient, but one was asked for", name());
}

void Op::announce(const Context&, std::span<const Spec>) const {}

std::size_t Op::workspace_bytes(const Context&, std::span<const Spec>) const {
  return 0;
}

std::string Op::implementation(const Context&, std::span<const Spec>) const {
  return {};
}

Cost Op::cost(std::span<const Spec> inputs, std::span<const Spec> outputs) const {
  Cost cost;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    cost.bytes += static_cast<double>(inputs[i].bytes()) * (updates(i) ? 2 : 1);
  }
  for (const Spec& spec : outputs) cost.bytes += static_cast<double>(spec.bytes());
  return cost;
}

bool Op::updates(std::size_t) const {
  return false;
}

int Op::in_place_input(std::size_t) const {
  return -1;
}

}  // namespace fpanet
