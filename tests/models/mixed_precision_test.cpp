// Mixed precision: which dtype every value has, and what the CPU makes of it.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>

#include "layers/adamw.hpp"
#include "layers/cast.hpp"
#include "layers/dice.hpp"
#include "models/network_gradcheck.hpp"
#include "models/program.hpp"
#include "tests/support/formula.hpp"
#include "tests/support/model_golden.hpp"
#include "tests/support/tolerances.hpp"

using namespace fpanet;
using namespace fpanet::test;

TEST_CASE("in mixed precision activations are bf16; parameters, their gradients and the loss f32") {
  ParameterStore store;
  const FPANet model(store, narrow_fpanet());
  store.allocate(DType::f32, Device::cpu(), true);
  store.allocate_twin(DType::bf16);
  Graph g(Cpu{1});
  const Value x = g.input("images", Spec{{2, 3, 32, 32}, DType::f32});
  const Value labels = g.input("labels", Spec{{2, 1, 32, 32}, DType::i32});
  const FPANetOutput output = model({.graph = g, .training = true, .activations = DType::bf16}, x);
  const Value loss = dice_loss(output.probabilities, labels, {.from_logits = false});
  g.backward(loss);

  CHECK(output.prepared.dtype() == DType::f32);
  CHECK(output.logits.dtype() == DType::f32);
  CHECK(loss.dtype() == DType::f32);
  std::map<std::string, int> nodes;
  for (const Node& node : g.nodes()) {
    CAPTURE(node.op->name());
    ++nodes[std::string(node.op->name())];
    if (node.op->name() != "conv2d" && node.op->name() != "conv2d_with_statistics") continue;
    CHECK(g.info(node.inputs[0]).spec.dtype == DType::bf16);
    CHECK(g.info(node.inputs[1]).spec.dtype == DType::bf16);
    CHECK(g.info(node.outputs[0].value).spec.dtype == DType::bf16);
  }
  // Into the encoder, out of the head, and the gradient of the latter: the image needs none.
  CHECK(nodes["cast"] == 3);
  CHECK(nodes["conv2d"] + nodes["conv2d_with_statistics"] == nodes["conv2d_backward_weight"]);
  CHECK(nodes["conv2d_with_statistics"] == nodes["batch_norm"]);
  for (ValueId id = 0; id < static_cast<ValueId>(g.value_count()); ++id) {
    const ValueInfo& info = g.info(id);
    if (info.kind != ValueKind::parameter_gradient) continue;
    CAPTURE(info.name);
    CHECK(info.spec.dtype == DType::f32);
  }

  ParameterStore plain;
  const FPANet plain_model(plain, narrow_fpanet());
  plain.allocate(DType::f32, Device::cpu(), true);
  Graph same(Cpu{1});
  const Value image = same.input("images", Spec{{2, 3, 32, 32}, DType::f32});
  const Value plain_loss =
      dice_loss(plain_model({.graph = same, .training = true}, image).probabilities,
                same.input("labels", Spec{{2, 1, 32, 32}, DType::i32}), {.from_logits = false});
  same.backward(plain_loss);
  CHECK(g.trained_parameters() == same.trained_parameters());
  CHECK(g.nodes().size() == same.nodes().size() + 3);
}

TEST_CASE("a classification head trains in mixed precision: it computes in f32") {
  ParameterStore store;
  FPANetOptions options = narrow_fpanet();
  options.aux_params = ClassificationOptions{.dropout = 0, .classes = 2};
  const FPANet model(store, options);
  store.allocate(DType::f32, Device::cpu(), true);
  store.allocate_twin(DType::bf16);
  Graph g(Cpu{1});
  const Value x = g.input("images", Spec{{2, 3, 32, 32}, DType::f32});
  const FPANetOutput output = model({.graph = g, .training = true, .activations = DType::bf16}, x);
  REQUIRE(output.labels.has_value());
  CHECK(output.labels->dtype() == DType::f32);
  const Value labels = g.input("labels", Spec{{2, 2, 1, 1}, DType::i32});
  g.backward(dice_loss(g.view(*output.labels, {2, 2, 1, 1}), labels,
                       {.mode = kernels::DiceMode::multilabel}));
  const auto trained = g.trained_parameters();
  for (const std::string name : {"weight", "bias"}) {
    CHECK(std::ranges::count(trained, "model.classification_head.3." + name) == 1);
  }
  CHECK(std::ranges::count(trained, "model.encoder.conv1.weight") == 1);
}

TEST_CASE("twins are the parameters rounded, and AdamW renews them") {
  ParameterStore store;
  const FPANet model(store, narrow_fpanet());
  store.allocate(DType::f32, Device::cpu(), true);
  store.initialize(7);
  const auto is_rounded = [&] {
    const std::span<float> values = store.values().span<float>();
    const std::span<bfloat16> twins = store.twins().span<bfloat16>();
    bool all = true;
    for (std::size_t i = 0; i < values.size(); ++i)
      all &= twins[i].bits == bfloat16(values[i]).bits;
    return all;
  };
  store.allocate_twin(DType::bf16);
  CHECK_FALSE(is_rounded());
  renew_twins(Cpu{2}, store);
  CHECK(is_rounded());

  AdamWState optimizer(store, 0.1);
  const Tensor gradients = store.gradients();
  for (float& g : gradients.span<float>()) g = 1;
  optimizer.begin_step(Cpu{2});
  Graph g(Cpu{2}, Graph::Mode::eager);
  const Index all = store.values().numel();
  const std::array<Segment, 1> segments{Segment{0, all}};
  adamw({.parameters = g.state("parameters", store.values()),
         .gradients = g.state("gradients", gradients),
         .moment1 = g.state("exp_avg", optimizer.moment1()),
         .moment2 = g.state("exp_avg_sq", optimizer.moment2()),
         .hyper = g.state("hyper", optimizer.hyper()),
         .twins = g.state("twins", store.twins())},
        segments, {});
  CHECK(is_rounded());
}

TEST_CASE("a store without twins says so") {
  ParameterStore store;
  const FPANet model(store, narrow_fpanet());
  store.allocate(DType::f32, Device::cpu(), false);
  Graph g(Cpu{1});
  const Value x = g.input("images", Spec{{1, 3, 32, 32}, DType::f32});
  CHECK_THROWS_WITH_AS(
      model({.graph = g, .activations = DType::bf16}, x),
      "parameters: 'model.encoder.conv1.weight' is f32 and has no twin in bf16; call "
      "ParameterStore::allocate_twin",
      Error);
}

TEST_CASE("mixed precision on the CPU against PyTorch: evaluation, folded weights, training") {
  for (const char* name : {"fpanet_resnet34_64x64", "fpanet_resnet34_96x160"}) {
    CAPTURE(name);
    const auto golden = read_model_golden(name);
    if (!golden) {
      MESSAGE("skipped: the golden is not at hand");
      return;
    }
    FormulaModel model(*golden, Cpu{2}, DType::f32, DType::bf16);
    const ModelDistance far = distance_from_golden(*golden, model);
    CHECK(far.evaluate < kModelBf16);
    CHECK(far.predict < kModelBf16);
    CHECK(far.train_mean < kModelBf16TrainMean);
    CHECK(far.loss < kModelBf16Loss);
  }
}
