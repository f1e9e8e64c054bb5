#pragma once
// A recorded prediction program as an ONNX model, node by node.

#include "engine/graph/graph.hpp"
#include "engine/weights/onnx/model.hpp"

namespace fpanet {

/// The nodes that lead from `graph`'s inputs to the one value it keeps, in opset 17, with the
/// parameters' present values; the first size of every activation is left open as the batch. The
/// high-pass filter is written as its matrix products, and what is a view of channels-last memory
/// here is transposed there. Values are (N,C,H,W) as in all messages. `graph` is recorded in f32,
/// without u8 inputs and with batch norms folded (layers/folded_weights.hpp, not prepared,
/// refreshed). Throws Error naming an op that has no translation, as batch_norm.
OnnxModel to_onnx(const Graph& graph, const std::string& output_name);

}  // namespace fpanet
