#pragma once
// Where a module's parameters go and what they are called: a store and a dotted prefix.

#include <optional>
#include <string>

#include "layers/folded_weights.hpp"

namespace fpanet {

class Scope {
 public:
  explicit Scope(ParameterStore& store, std::string prefix = {})
      : store_(&store), prefix_(std::move(prefix)) {}

  /// The scope of a child module: Scope(store) / "model" / "encoder".
  Scope operator/(const std::string& child) const { return Scope(*store_, join(child)); }

  Parameter parameter(const std::string& name, const Shape& shape, Initializer initializer) const {
    return store_->add(join(name), shape, EntryKind::parameter, std::move(initializer));
  }
  Parameter buffer(const std::string& name, const Shape& shape, Initializer initializer) const {
    return store_->add(join(name), shape, EntryKind::buffer, std::move(initializer));
  }
  Parameter counter(const std::string& name) const {
    return store_->add(join(name), Shape{}, EntryKind::counter, {});
  }

 private:
  std::string join(const std::string& name) const {
    return prefix_.empty() ? name : prefix_ + "." + name;
  }

  ParameterStore* store_;
  std::string prefix_;
};

/// One recording of a model: where nodes go, and whether batch statistics or running ones are used.
struct Forward {
  Graph& graph;
  bool training = false;
  /// Seed and step of dropout, i64 (2); needed in training by models that have dropout.
  std::optional<Value> dropout_rng = std::nullopt;
  /// dtype that the network computes in between its input and its logits; none: its input's.
  std::optional<DType> activations = std::nullopt;
  /// Given, and not in training: batch norm is folded into the convolutions before it, and their
  /// weights are prepared.
  FoldedWeights* folded = nullptr;
};

}  // namespace fpanet
