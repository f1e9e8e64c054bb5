#pragma once
// An ONNX model in memory, and the function that writes it. Only the part of the format that the
// project needs: one graph of nodes, initializers of three types, float tensors as inputs and
// outputs. Format: github.com/onnx/onnx/blob/main/onnx/onnx.proto; operators:
// onnx.ai/onnx/operators.

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "engine/weights/metadata.hpp"
#include "engine/weights/state_dict.hpp"

namespace fpanet {

/// TensorProto.DataType
enum OnnxType : std::uint8_t { kOnnxFloat = 1, kOnnxInt64 = 7, kOnnxDouble = 11 };

struct OnnxAttribute {
  std::string name;
  std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>> value;
};

/// Values are identified by name; an empty input name means that an optional input is omitted.
struct OnnxNode {
  std::string type;  ///< operator: "Conv"
  std::vector<std::string> inputs, outputs;
  std::vector<OnnxAttribute> attributes = {};
};

/// A float tensor that is an input or output of the graph.
struct OnnxValue {
  static constexpr std::int64_t kAnyBatch = -1;  ///< a batch size that each run chooses

  std::string name;
  std::vector<std::int64_t> shape;
};

struct OnnxModel {
  static constexpr std::int64_t kOpset = 17;

  std::vector<OnnxNode> nodes;  ///< in topological order
  StateDict initializers;       ///< constants: f32, f64 or i64
  std::vector<OnnxValue> inputs, outputs;
  Metadata metadata;
};

/// Writes the file atomically. Throws an Error that names the file if writing fails, if an
/// initializer has another type, or if the model exceeds 2 GiB, the limit of a Protocol Buffers
/// message.
void write_onnx(const std::filesystem::path& path, const OnnxModel& model);

}  // namespace fpanet
