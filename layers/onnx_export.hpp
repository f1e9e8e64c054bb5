#pragma once
// Translates a recorded prediction program, node by node, to an ONNX model.

#include "engine/graph/graph.hpp"
#include "engine/weights/onnx/model.hpp"

namespace fpanet {

/// Exports the nodes from `graph`'s inputs to the one value that it keeps, in opset 17, with the
/// current values of the parameters. The batch size, the first size of every activation, is left
/// open. The high-pass filter is written as matrix products. Activations have the layout (N,C,H,W),
/// and views of channels-last memory become transposes. `graph` must be recorded in f32, without u8
/// inputs and with batch norms folded (layers/folded_weights.hpp: not prepared, but refreshed).
/// Throws Error naming an op that has no translation, such as batch_norm.
OnnxModel to_onnx(const Graph& graph, const std::string& output_name);

}  // namespace fpanet
