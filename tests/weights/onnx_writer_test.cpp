#include <doctest/doctest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "engine/core/protobuf_writer.hpp"
#include "engine/weights/onnx/model.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {
namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

StateEntry integers(const std::vector<std::int64_t>& values) {
  return {ElementType::i64,
          {static_cast<std::int64_t>(values.size())},
          Bytes::copy_of(std::as_bytes(std::span(values)))};
}

TEST_CASE("protobuf writer: the encodings of the specification's examples") {
  ProtobufWriter out;
  out.integer(1, 150);
  out.text(2, "testing");
  CHECK(hex(out.bytes()) ==
        "089601"
        "120774657374696e67");
  ProtobufWriter outer;
  outer.message(3, out);
  outer.integer(16, -2);
  outer.real(5, 1.0F);
  CHECK(hex(outer.bytes()) ==
        "1a0c089601120774657374696e67"
        "8001feffffffffffffffff01"
        "2d0000803f");
}

TEST_CASE("onnx writer: the bytes that the onnx library makes of the same model") {
  OnnxModel model;
  model.nodes = {
      {"Conv", {"x", "w"}, {"y"}, {{"strides", std::vector<std::int64_t>{2, 2}}}},
      {"Softmax", {"y"}, {"z"}, {{"axis", std::int64_t{-1}}}},
      {"Resize", {"z"}, {"p"}, {{"mode", "nearest"}, {"alpha", 0.5F}}},
  };
  model.initializers.add("w", StateEntry::from_values(std::array{1.5F, -2.0F}, {1, 1, 1, 2}));
  model.initializers.add("s", integers({0, -1}));
  model.inputs = {{"x", {OnnxValue::kAnyBatch, 1, 4, 300}}};
  model.outputs = {{"p", {OnnxValue::kAnyBatch, 7}}};
  model.metadata = {{"k", "v"}};
  const ScratchFolder folder;
  write_onnx(folder / "a.onnx", model);
  std::ifstream stream(folder / "a.onnx", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  // onnx.ModelProto(...).SerializeToString(), onnx 1.23
  CHECK(hex(bytes) ==
        "080812066670616e65743a81020a240a01780a01771201791a01792204436f6e762a100a0773747269646573"
        "40024002a001070a280a017912017a1a017a2207536f66746d61782a140a046178697318ffffffffffffffff"
        "ff01a001020a360a017a1201701a01702206526573697a652a120a046d6f646522076e656172657374a00103"
        "2a0f0a05616c706861150000003fa0010112066670616e65742a17080108010801080210014201774a080000"
        "c03f000000c02a19080210074201734a100000000000000000ffffffffffffffff5a210a0178121c0a1a0801"
        "12160a07120562617463680a0208010a0208040a0308ac0262180a017012130a110801120d0a071205626174"
        "63680a02080742040a00101172060a016b120176");
}

TEST_CASE("onnx writer: other element types are refused, and nothing is left behind") {
  OnnxModel model;
  model.initializers.add("d", {ElementType::f16, {0}, {}});
  const ScratchFolder folder;
  CHECK(test::message_of<Error>([&] { write_onnx(folder / "a.onnx", model); }) ==
        "onnx: initializer d is f16, not f32, f64 or i64");
  CHECK(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace fpanet
