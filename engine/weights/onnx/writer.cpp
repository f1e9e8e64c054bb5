#include "engine/core/atomic_file.hpp"
#include "engine/core/error.hpp"
#include "engine/core/protobuf_writer.hpp"
#include "engine/weights/onnx/model.hpp"

namespace fpanet {

namespace {

// Field numbers and enum values are those of onnx.proto, with the same names.
constexpr int kIrVersion = 8;  // the version that was released with opset 17
constexpr std::size_t kLargestMessage = 0x7fffffff;

ProtobufWriter attribute_proto(const OnnxAttribute& attribute) {
  enum Type : std::uint8_t { FLOAT = 1, INT = 2, STRING = 3, INTS = 7 };
  ProtobufWriter out;
  out.text(1, attribute.name);
  Type type{};
  if (const auto* integer = std::get_if<std::int64_t>(&attribute.value)) {
    out.integer(3, *integer);
    type = INT;
  } else if (const auto* real = std::get_if<float>(&attribute.value)) {
    out.real(2, *real);
    type = FLOAT;
  } else if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    out.text(4, *text);
    type = STRING;
  } else {
    for (const std::int64_t item : std::get<std::vector<std::int64_t>>(attribute.value)) {
      out.integer(8, item);
    }
    type = INTS;
  }
  out.integer(20, type);
  return out;
}

ProtobufWriter node_proto(const OnnxNode& node) {
  ProtobufWriter out;
  for (const std::string& input : node.inputs) out.text(1, input);
  for (const std::string& output : node.outputs) out.text(2, output);
  out.text(3, node.outputs.at(0));  // the node's name; output names are unique
  out.text(4, node.type);
  for (const OnnxAttribute& attribute : node.attributes) {
    out.message(5, attribute_proto(attribute));
  }
  return out;
}

OnnxType onnx_type(const std::string& name, ElementType type) {
  if (type == ElementType::f32) return kOnnxFloat;
  if (type == ElementType::f64) return kOnnxDouble;
  if (type == ElementType::i64) return kOnnxInt64;
  fail("onnx: initializer {} is {}, not f32, f64 or i64", name, name_of(type));
}

ProtobufWriter tensor_proto(const std::string& name, const StateEntry& entry) {
  ProtobufWriter out;
  for (const std::int64_t size : entry.shape()) out.integer(1, size);
  out.integer(2, onnx_type(name, entry.type()));
  out.text(8, name);
  out.text(9, entry.bytes().text());  // raw_data: row-major, little-endian, as in state dicts
  return out;
}

ProtobufWriter value_info_proto(const OnnxValue& value) {
  ProtobufWriter shape;
  for (const std::int64_t size : value.shape) {
    ProtobufWriter dimension;
    if (size == OnnxValue::kAnyBatch) {
      dimension.text(2, "batch");  // dim_param
    } else {
      dimension.integer(1, size);  // dim_value
    }
    shape.message(1, dimension);
  }
  ProtobufWriter tensor_type;
  tensor_type.integer(1, kOnnxFloat);
  tensor_type.message(2, shape);
  ProtobufWriter type;
  type.message(1, tensor_type);
  ProtobufWriter out;
  out.text(1, value.name);
  out.message(2, type);
  return out;
}

ProtobufWriter graph_proto(const OnnxModel& model) {
  ProtobufWriter out;
  for (const OnnxNode& node : model.nodes) out.message(1, node_proto(node));
  out.text(2, "fpanet");
  for (const auto& [name, entry] : model.initializers) out.message(5, tensor_proto(name, entry));
  for (const OnnxValue& input : model.inputs) out.message(11, value_info_proto(input));
  for (const OnnxValue& output : model.outputs) out.message(12, value_info_proto(output));
  return out;
}

ProtobufWriter model_proto(const OnnxModel& model) {
  ProtobufWriter out;
  out.integer(1, kIrVersion);
  out.text(2, "fpanet");  // producer_name
  out.message(7, graph_proto(model));
  ProtobufWriter opset;
  opset.text(1, "");  // the domain of the standard operators
  opset.integer(2, OnnxModel::kOpset);
  out.message(8, opset);
  for (const auto& [key, value] : model.metadata) {
    ProtobufWriter entry;
    entry.text(1, key);
    entry.text(2, value);
    out.message(14, entry);
  }
  return out;
}

}  // namespace

void write_onnx(const std::filesystem::path& path, const OnnxModel& model) {
  const ProtobufWriter out = model_proto(model);
  require(out.bytes().size() <= kLargestMessage,
          "{}: the model takes {} bytes, and an ONNX file can have at most {}", path.string(),
          out.bytes().size(), kLargestMessage);
  AtomicFile file(path);
  file.write(out.bytes());
  file.commit();
}

}  // namespace fpanet
