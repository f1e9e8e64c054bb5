// The exported model's structure. That it computes the same is for a runtime to say:
// tests/interop/onnx_export.py.

#include "layers/onnx_export.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "layers/batch_norm.hpp"
#include "layers/conv2d.hpp"
#include "layers/dct.hpp"
#include "layers/folded_weights.hpp"
#include "layers/position_attention.hpp"
#include "layers/relu.hpp"
#include "layers/to_unit.hpp"
#include "models/fpanet.hpp"
#include "models/program.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {
namespace {

using test::contains;
using test::message_of;

struct Net {
  explicit Net(const FPANetOptions& options) : model(store, options) {
    store.allocate(DType::f32, Device::cpu(), false);
    store.initialize(1);
  }
  OnnxModel exported(Index batch) const {
    FoldedWeights folded(/*prepare=*/false);
    const Program program(Cpu{1}, model, nullptr, store,
                          {.batch = batch, .height = 32, .width = 64, .image_dtype = DType::f32},
                          &folded);
    folded.refresh(Cpu{1});
    return to_onnx(program.graph(), "probabilities");
  }
  ParameterStore store;
  FPANet model;
};

using Names = std::vector<std::string>;

Names types_of(const OnnxModel& model) {
  Names types;
  for (const OnnxNode& node : model.nodes) types.push_back(node.type);
  return types;
}

std::ptrdiff_t count(const OnnxModel& model, const std::string& type) {
  return std::ranges::count(model.nodes, type, &OnnxNode::type);
}

TEST_CASE("onnx export: every value is made before it is read, once, and the result last") {
  const OnnxModel model = Net({.encoder_name = "resnet18"}).exported(2);
  std::set<std::string> known{"", "images"};
  for (const auto& [name, entry] : model.initializers) CHECK(known.insert(name).second);
  for (const OnnxNode& node : model.nodes) {
    for (const std::string& input : node.inputs) {
      CHECK_MESSAGE(known.contains(input), node.type << " reads " << input);
    }
    for (const std::string& output : node.outputs) CHECK(known.insert(output).second);
  }
  CHECK(model.nodes.back().outputs == Names{"probabilities"});
  REQUIRE(model.inputs.size() == 1);
  CHECK(model.inputs[0].shape == std::vector<std::int64_t>{OnnxValue::kAnyBatch, 3, 32, 64});
  REQUIRE(model.outputs.size() == 1);
  CHECK(model.outputs[0].shape == std::vector<std::int64_t>{OnnxValue::kAnyBatch, 7, 32, 64});
}

TEST_CASE("onnx export: batch norms are folded, the filter is products, the batch stays open") {
  const Net net({.encoder_name = "resnet18"});
  const OnnxModel model = net.exported(2);
  // resnet18: 17 convolutions and 3 shortcuts; 4 of position attention; 10 of the decoder; the head
  CHECK(count(model, "Conv") == 35);
  CHECK(count(model, "BatchNormalization") == 0);
  CHECK(count(model, "MatMul") == 4 + 2);
  CHECK(count(model, "Cast") == 2);  // the filter is in double
  CHECK(count(model, "Softmax") == 2);
  CHECK(count(model, "Resize") == 5);
  CHECK(count(model, "Concat") == 4);
  CHECK(count(model, "Add") == 8 + 1);
  CHECK(count(model, "Relu") == 17 + 10);
  CHECK(count(model, "MaxPool") == 1);
  // Nothing of the batch that was recorded is left.
  const OnnxModel single = net.exported(1);
  CHECK(std::ranges::equal(model.nodes, single.nodes, [](const OnnxNode& a, const OnnxNode& b) {
    return a.type == b.type && a.inputs == b.inputs;
  }));
  for (const auto& [name, entry] : model.initializers) {
    CHECK(single.initializers.at(name).bytes().text() == entry.bytes().text());
  }
  CHECK_FALSE(model.initializers.contains("FreqFeature.conv1.weight"));
}

TEST_CASE("onnx export: attention reads positions first, and is re-read without transposing") {
  const OnnxModel model = Net({.encoder_name = "resnet18"}).exported(2);
  const auto softmax = std::ranges::find(model.nodes, "Softmax", &OnnxNode::type);
  const auto maker = [&](const std::string& value) {
    return std::ranges::find_if(model.nodes,
                                [&](const OnnxNode& node) { return node.outputs[0] == value; });
  };
  // softmax over a whole row of P*P = 4 entries, P = (32/32) * (64/32)
  const auto row = maker(softmax->inputs[0]);
  CHECK(row->type == "Reshape");
  CHECK(model.initializers.at(row->inputs[1]).values<std::int64_t>() ==
        std::vector<std::int64_t>{0, 4});
  const auto attended = std::find_if(softmax, model.nodes.end(),
                                     [](const OnnxNode& node) { return node.type == "MatMul"; });
  const auto reread = std::next(attended);
  CHECK(reread->type == "Reshape");
  CHECK(reread->inputs[0] == attended->outputs[0]);
  CHECK(model.initializers.at(reread->inputs[1]).values<std::int64_t>() ==
        std::vector<std::int64_t>{0, 512, 1, 2});
}

/// A graph of one input, for programs that no model records.
struct Recorded {
  Graph graph{Cpu{1}};
  Value x = graph.input("x", Spec{{1, 1, 12, 12}, DType::f32});

  Value constant(const std::string& name, const Shape& shape, double value) {
    const Tensor tensor = Tensor::empty(shape, DType::f32);
    std::ranges::fill(tensor.span<float>(), static_cast<float>(value));
    return graph.constant(name, tensor);
  }
  OnnxModel exported(Value y) {
    graph.keep(y);
    return to_onnx(graph, "y");
  }
  std::string refusal(Value y) {
    return message_of<Error>([&] { exported(y); });
  }
};

TEST_CASE("onnx export: residual and ReLU of a fused convolution follow it as nodes of their own") {
  Recorded recorded;
  const Value weight = recorded.constant("w", {1, 1, 1, 1}, 2);
  const Value bias = recorded.constant("b", {1}, 5);
  const auto types = [&](std::optional<Value> residual, bool with_relu) {
    const OnnxModel model =
        recorded.exported(conv2d_fused(recorded.x, weight, bias, residual, {}, with_relu));
    CHECK(model.nodes[0].inputs == Names{"x", "w", "b"});
    if (residual) CHECK(model.nodes[1].inputs == Names{model.nodes[0].outputs[0], "x"});
    return types_of(model);
  };
  SUBCASE("neither") {
    CHECK(types({}, false) == Names{"Conv"});
  }
  SUBCASE("ReLU") {
    CHECK(types({}, true) == Names{"Conv", "Relu"});
  }
  SUBCASE("residual") {
    CHECK(types(recorded.x, false) == Names{"Conv", "Add"});
  }
  SUBCASE("both") {
    CHECK(types(recorded.x, true) == Names{"Conv", "Add", "Relu"});
  }
}

TEST_CASE("onnx export: attention without its map here has it there") {
  Graph graph{Cpu{1}};
  const auto input = [&](const char* name, Index channels) {
    return graph.input(name, Spec{{2, 6, channels}, DType::f32});
  };
  const Value attended =
      position_attention(input("center", 3), input("top", 3), input("bottom", 4));
  graph.keep(attended);
  const OnnxModel model = to_onnx(graph, "attended");
  CHECK(types_of(model) == Names{"Transpose", "MatMul", "Reshape", "Softmax", "Reshape", "MatMul"});
  CHECK(model.nodes[0].inputs == Names{"top"});
  CHECK(model.nodes[1].inputs[0] == "center");
  const auto shape_at = [&](std::size_t node) {
    return model.initializers.at(model.nodes[node].inputs[1]).values<std::int64_t>();
  };
  CHECK(shape_at(2) == std::vector<std::int64_t>{0, 36});  // softmax over the whole map
  CHECK(shape_at(4) == std::vector<std::int64_t>{0, 6, 6});
  CHECK(model.nodes[5].inputs[1] == "bottom");
}

TEST_CASE("onnx export: what cannot be translated is refused by name") {
  Recorded recorded;
  SUBCASE("an op that is not known") {
    CHECK(recorded.refusal(dct2d(recorded.x)) == "onnx: the op dct2d has no translation");
  }
  SUBCASE("a batch norm that is not folded") {
    const Tensor batches = Tensor::zeros({1}, DType::i64);
    const BatchNormState state{.weight = recorded.constant("weight", {1}, 3),
                               .bias = recorded.constant("bias", {1}, 5),
                               .running_mean = recorded.constant("mean", {1}, 7),
                               .running_var = recorded.constant("var", {1}, 4),
                               .num_batches_tracked = recorded.graph.constant("batches", batches)};
    CHECK(recorded.refusal(batch_norm(recorded.x, state, {})) ==
          "onnx: the op batch_norm has no translation");
  }
  SUBCASE("bytes as input") {
    const Value bytes = recorded.graph.input("images", Spec{{1, 1, 12, 12}, DType::u8});
    CHECK(contains(recorded.refusal(to_unit(bytes, DType::f32)), "to_unit has no translation"));
  }
  SUBCASE("two results") {
    recorded.graph.keep(recorded.x);
    CHECK(contains(recorded.refusal(relu(recorded.x)), "keeps 2 values"));
  }
}

}  // namespace
}  // namespace fpanet
