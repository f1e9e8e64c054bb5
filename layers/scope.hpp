#pragma once
// The parameter store of a module and the dotted prefix of its parameters' names.

#include <optional>
#include <string>

#include "layers/batch_reduction.hpp"
#include "layers/folded_weights.hpp"

namespace fpanet {

class Scope {
 public:
  explicit Scope(ParameterStore& store, std::string prefix = {})
      : store_(&store), prefix_(std::move(prefix)) {}

  /// The scope of a child module, e.g. Scope(store) / "model" / "encoder".
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

/// The context in which a model is recorded. In training, batch norm uses the statistics of the
/// batch, else the running statistics.
struct Forward {
  Graph& graph;
  bool training = false;
  /// Seed and step of dropout, i64 (2). Models with dropout need it in training.
  std::optional<Value> dropout_rng = std::nullopt;
  /// The dtype that the network computes in between its input and its logits; none: the input's
  /// dtype.
  std::optional<DType> activations = std::nullopt;
  /// If given, and not in training, batch norm is folded into the convolutions before it and their
  /// weights are prepared.
  FoldedWeights* folded = nullptr;
  /// If given, the input is a part of a batch, over all of which batch norm in training normalises.
  const BatchReduction* reduction = nullptr;
  /// Batch norm of the encoder uses the running statistics in training, too, and leaves them alone.
  bool encoder_frozen = false;

  /// The context in which the model records its encoder.
  Forward of_encoder() const {
    Forward encoder = *this;
    if (encoder_frozen) {
      encoder.training = false;
      encoder.folded = nullptr;  // training programs do not fold
    }
    return encoder;
  }
};

}  // namespace fpanet
