#pragma once
// An ONNX model in memory, and its file. What of the format is needed here: one graph of nodes,
// initializers of three types, images in and images out.
// Format: github.com/onnx/onnx/blob/main/onnx/onnx.proto; operators: onnx.ai/onnx/operators.

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "engine/weights/safetensors/safetensors.hpp"

namespace fpanet {

/// TensorProto.DataType
enum OnnxType : std::uint8_t { kOnnxFloat = 1, kOnnxInt64 = 7, kOnnxDouble = 11 };

struct OnnxAttribute {
  std::string name;
  std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>> value;
};

/// Values are known by name; an empty input name stands for an optional input left out.
struct OnnxNode {
  std::string type;  ///< operator: "Conv"
  std::vector<std::string> inputs, outputs;
  std::vector<OnnxAttribute> attributes = {};
};

/// A float tensor that enters or leaves the graph.
struct OnnxValue {
  static constexpr std::int64_t kAnyBatch = -1;  ///< a size that is chosen at each run

  std::string name;
  std::vector<std::int64_t> shape;
};

struct OnnxModel {
  static constexpr std::int64_t kOpset = 17;

  std::vector<OnnxNode> nodes;  ///< in an order in which they can run
  StateDict initializers;       ///< constants: f32, f64 or i64
  std::vector<OnnxValue> inputs, outputs;
  Metadata metadata;
};

/// Writes the file atomically; throws Error naming it for failures, for initializers of other types
/// and for models over the 2 GB that a Protocol Buffers message can have.
void write_onnx(const std::filesystem::path& path, const OnnxModel& model);

}  // namespace fpanet
