#include "models/heads.hpp"

#include "engine/core/error.hpp"
#include "layers/dropout.hpp"
#include "layers/global_pool.hpp"

namespace fpanet {

SegmentationHead::SegmentationHead(const Scope& scope, Index in_channels, Index classes,
                                   Activation activation)
    // Child 0 of SMP's Sequential; upsampling and activation have no parameters.
    : conv_(scope / "0", {.in_channels = in_channels,
                          .out_channels = classes,
                          .kernel = 3,
                          .padding = 1,
                          .initializer = init::xavier_uniform({classes, in_channels, 3, 3})}),
      activation_(activation) {}

Value SegmentationHead::logits(const Forward& forward, Value x) const {
  return conv_(forward, x);
}

ClassificationHead::ClassificationHead(const Scope& scope, Index in_channels,
                                       const ClassificationOptions& options)
    : options_(options),
      linear_(scope / "3", in_channels, options.classes,
              init::xavier_uniform({options.classes, in_channels})) {
  require(options.pooling == "avg" || options.pooling == "max",
          "classification head: pooling '{}' is neither avg nor max", options.pooling);
  require(options.dropout >= 0 && options.dropout < 1,
          "classification head: dropout {} is not in [0,1)", options.dropout);
}

Value ClassificationHead::operator()(const Forward& forward, Value x) const {
  const Value pooled = options_.pooling == "avg" ? global_avg_pool(x) : global_max_pool(x);
  Value flat = forward.graph.view(pooled, {x.shape()[0], x.shape()[1]});
  if (forward.training && options_.dropout > 0) {
    require(forward.dropout_rng.has_value(),
            "classification head: training with dropout needs Forward::dropout_rng");
    flat = dropout(flat, *forward.dropout_rng, options_.dropout);
  }
  return activate(linear_(forward, flat), options_.activation);
}

}  // namespace fpanet
