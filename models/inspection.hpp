#pragma once
// What happens inside a network as it looks at one image: numbers for each node, and the values that
// people want to see.

#include <optional>
#include <string>
#include <vector>

#include "engine/core/band_scale.hpp"
#include "models/network.hpp"
#include "models/objective.hpp"

namespace fpanet {

/// The first output of a forward node. Gradients are d loss / d value; NaN without a mask, and where no
/// gradient arrives.
struct NodeNumbers {
  std::string op, layer;  ///< layer: node_label() of engine/graph/listing.hpp; may be empty
  Shape shape;
  double mean = 0, deviation = 0;  ///< over all elements
  double zeros = 0;                ///< the share of elements that are zero
  double gradient = 0;             ///< norm of the gradient of the output
  double weight_gradient = 0;      ///< norm of the gradients of the parameters that the node reads
};

struct InspectionRequest {
  Tensor images;  ///< samples (1,bands,H,W)
  BandScale scale = BandScale::bytes();
  Tensor labels = {};        ///< i32 (1,1,H,W); undefined: no loss and no gradients
  Objective objective = {};  ///< with labels
  std::string layer = {};    ///< whose output becomes `features`
  int threads = 1;
};

struct Inspection {
  std::vector<NodeNumbers> nodes;  ///< all forward nodes, in order
  Tensor prepared;                 ///< (1,C,H,W): what the encoder reads
  Tensor probabilities;            ///< (1,classes,H,W)
  /// (P,P): how much each position (row) takes from each other. Undefined if the network has no
  /// attention, or so many positions that the map is never stored.
  Tensor attention;
  Tensor features;  ///< (1,C,h,w), or undefined if no layer was asked for
  std::optional<double> loss;
};

/// The layers that can be asked for, in order: each `layer` of a node with an image as its output, and
/// every module that contains some ("model.encoder.layer1").
std::vector<std::string> inspectable_layers(const Network& network);

/// Runs the network in double or single precision, as its store is, on the CPU and outside of training:
/// batch norm uses the running statistics and is not folded. Every value is kept, so it takes more memory
/// than a prediction. Throws Error for a layer that is not one of inspectable_layers(). With labels, the
/// store must have gradients, which are overwritten.
Inspection inspect(const Network& network, const ParameterStore& store,
                   const InspectionRequest& request);

/// How many of the largest elements hold the share `part` of the sum of all.
Index entries_that_hold(double part, const Tensor& values);

}  // namespace fpanet
