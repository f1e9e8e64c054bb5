#include "models/fpanet.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "layers/cast.hpp"
#include "layers/softmax_dice.hpp"
#include "models/model_file.hpp"
#include "models/network_gradcheck.hpp"
#include "models/program.hpp"
#include "tests/support/formula.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/tolerances.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

Index parameters_of(const FPANetOptions& options) {
  ParameterStore store;
  const FPANet model(store, options);
  return store.parameter_count();
}

Index encoder_parameters(const std::string& name) {
  ParameterStore store;
  const ResNetEncoder encoder(Scope(store), name, 5, 3);
  return store.parameter_count();
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

/// What two training steps leave behind: parameters and loss.
struct Trained {
  Tensor values;
  double loss = 0;
};

/// In f32, or with what lies between image and logits in `twin`.
constexpr std::array<std::optional<DType>, 2> kPrecisions = {std::nullopt, DType::bf16};

void allocate(ParameterStore& store, std::optional<DType> twin) {
  store.allocate(DType::f32, Device::cpu(), true);
  store.initialize(7);
  if (twin) store.allocate_twin(*twin);
  renew_twins(Cpu{1}, store);
}

Trained train_two_steps(int threads, std::optional<DType> twin) {
  ParameterStore store;
  const FPANet model(store, narrow_fpanet());
  allocate(store, twin);
  AdamWState optimizer(store, 1e-3);
  Program program(Cpu{threads}, model, &optimizer, store,
                  {.kind = ProgramKind::train,
                   .batch = 3,
                   .height = 32,
                   .width = 40,
                   .image_dtype = DType::f32});
  Arena arena(Device::cpu());
  program.bind(arena);
  program.images().copy_from(formula_tensor("images", program.images().shape(), DType::f32));
  program.labels().copy_from(formula_labels("labels", program.labels().shape(), 3));
  program.run();
  program.run();
  return {store.values().clone(), program.loss()};
}

}  // namespace

TEST_CASE("parameter counts are SMP's") {
  CHECK(encoder_parameters("resnet18") == 11'176'512);
  CHECK(encoder_parameters("resnet34") == 21'284'672);
  CHECK(encoder_parameters("resnet50") == 23'508'032);
  CHECK(encoder_parameters("resnet101") == 42'500'160);
  CHECK(encoder_parameters("resnet152") == 58'143'808);
  constexpr Index kFreqFeature = 84;
  CHECK(parameters_of({}) == 29'222'603);
  CHECK(parameters_of({.encoder_depth = 4, .decoder_channels = {256, 128, 64, 32}}) ==
        24'667'431 + kFreqFeature);
  CHECK(parameters_of({.encoder_depth = 3, .decoder_channels = {256, 128, 64}}) ==
        23'261'063 + kFreqFeature);
}

TEST_CASE("the state dict has the notebook's names in the notebook's order") {
  const auto path = golden_path("fpanet_resnet34_64x64.json");
  REQUIRE(path);
  const auto golden = nlohmann::ordered_json::parse(std::ifstream(*path));
  ParameterStore store;
  const FPANet model(store, {});
  REQUIRE(store.entries().size() == 288);
  std::size_t i = 0;
  for (const auto& [name, shape] : golden.at("shapes").items()) {
    CHECK(store.entries()[i++].name == name);
  }
}

TEST_CASE("wrong construction and wrong input say what is wrong") {
  CHECK_THROWS_WITH_AS(
      parameters_of({.encoder_depth = 4}),
      "decoder: Model depth is 4, but you provide `decoder_channels` for 5 blocks.", Error);
  CHECK_THROWS_AS(parameters_of({.encoder_depth = 2}), Error);
  CHECK_THROWS_AS(parameters_of({.encoder_name = "resnet35"}), Error);
  CHECK_THROWS_AS(parameters_of({.aux_params = ClassificationOptions{.pooling = "sum"}}), Error);
  CHECK_THROWS_AS(parameters_of({.aux_params = ClassificationOptions{.dropout = 1.0}}), Error);

  ParameterStore store;
  const FPANet model(store, {});
  store.allocate(DType::f32, Device::cpu(), false);
  const auto record = [&](Index channels, Index h, Index w) {
    Graph graph(Cpu{});
    model({.graph = graph}, graph.input("x", Spec{{1, channels, h, w}, DType::f32}));
  };
  CHECK_THROWS_WITH_AS(record(3, 70, 64),
                       "fpanet: Wrong input shape height=70, width=64. Expected image height and "
                       "width divisible by 32. Consider pad your images to shape (96, 64).",
                       Error);
  CHECK_THROWS_AS(record(4, 64, 64), Error);
  CHECK_NOTHROW(record(3, 64, 96));
}

TEST_CASE("every constructor option changes the network") {
  FPANetOptions options = narrow_fpanet();
  const Index base = parameters_of(options);
  options.in_channels = 5;
  CHECK(parameters_of(options) == base + 2 * 64 * 49);
  options = narrow_fpanet();
  options.decoder_use_batchnorm = false;
  CHECK(parameters_of(options) == base - 2 * (8 + 6 + 4));
  options = narrow_fpanet();
  options.decoder_pab_channels = 5;
  CHECK(parameters_of(options) == base + 2 * 129);
  options = narrow_fpanet();
  options.aux_params = ClassificationOptions{.classes = 2};
  CHECK(parameters_of(options) == base + 2 * 129);

  options = narrow_fpanet();
  options.activation = Activation::identity;
  options.aux_params =
      ClassificationOptions{.pooling = "max", .classes = 2, .activation = Activation::sigmoid};
  ParameterStore store;
  const FPANet model(store, options);
  store.allocate(DType::f64, Device::cpu(), false);
  store.initialize(1);
  Graph graph(Cpu{}, Graph::Mode::eager);
  const Value x = graph.input("x", formula_tensor("x", {2, 3, 32, 32}, DType::f64));
  const FPANetOutput output = model({.graph = graph}, x);
  CHECK(output.labels->shape() == Shape{2, 2});
  CHECK(same_bits(graph.tensor(output.logits), graph.tensor(output.probabilities)));
}

TEST_CASE("constructor options can be read back from the weights") {
  for (const std::string& encoder : resnet_names()) {
    FPANetOptions options = narrow_fpanet();
    options.encoder_name = encoder;
    options.in_channels = 4;
    options.decoder_use_batchnorm = encoder != "resnet50";
    if (encoder == "resnet18") options.aux_params = ClassificationOptions{.classes = 5};
    ParameterStore store;
    const FPANet model(store, options);
    store.allocate(DType::f32, Device::cpu(), false);
    const FPANetOptions found = infer_options(to_state_dict(store), "test");
    CHECK(found.encoder_name == options.encoder_name);
    CHECK(found.encoder_depth == options.encoder_depth);
    CHECK(found.decoder_use_batchnorm == options.decoder_use_batchnorm);
    CHECK(found.decoder_channels == options.decoder_channels);
    CHECK(found.decoder_pab_channels == options.decoder_pab_channels);
    CHECK(found.in_channels == options.in_channels);
    CHECK(found.classes == options.classes);
    CHECK(found.aux_params.has_value() == options.aux_params.has_value());
  }
  CHECK_THROWS_WITH_AS(infer_options(StateDict(), "empty.pth"),
                       "empty.pth: not FPA-Net weights: 'model.encoder.conv1.weight' is missing",
                       Error);
}

TEST_CASE("training gives the same bits on 1, 2 and 4 threads") {
  for (const std::optional<DType> twin : kPrecisions) {
    CAPTURE(twin.has_value());
    const Trained one = train_two_steps(1, twin);
    for (const int threads : {2, 4}) {
      const Trained several = train_two_steps(threads, twin);
      CHECK(same_bits(one.values, several.values));
      CHECK(one.loss == several.loss);
    }
  }
}

TEST_CASE("the whole network's gradients are those of central differences") {
  static_assert(kNetworkGradcheckTolerance == kNetworkGradientCheck);
  for (const AttentionSoftmax softmax : {AttentionSoftmax::map, AttentionSoftmax::row}) {
    CAPTURE(softmax == AttentionSoftmax::row);
    FPANetOptions options = narrow_fpanet();
    options.attention_softmax = softmax;
    const std::vector<NetworkGradcheckRow> rows = network_gradcheck(to_config(options));
    CHECK(rows.size() > 50);
    for (const NetworkGradcheckRow& row : rows) {
      CAPTURE(row.name);
      CHECK(row.error < kNetworkGradientCheck);
    }
  }
}

TEST_CASE("the attention has one softmax for an image, or one for each position") {
  constexpr Index kImages = 2, kPositions = 6;  // 3x2 positions
  for (const AttentionSoftmax softmax : {AttentionSoftmax::map, AttentionSoftmax::row}) {
    const bool row = softmax == AttentionSoftmax::row;
    CAPTURE(row);
    ParameterStore store;
    const PositionAttention attention(Scope(store), 8, 16, softmax);
    store.allocate(DType::f64, Device::cpu(), false);
    store.initialize(4);
    Graph graph(Cpu{1}, Graph::Mode::eager);
    const Value x = graph.input("x", formula_tensor("x", {kImages, 8, 3, 2}, DType::f64));
    attention({.graph = graph, .training = false}, x);
    const auto node = std::ranges::find_if(
        graph.nodes(), [](const Node& each) { return each.op->name() == "softmax"; });
    const Tensor map = graph.tensor(Value{&graph, node->outputs[0].value});
    const Index length = row ? kPositions : kPositions * kPositions;
    REQUIRE(map.shape()[map.shape().rank() - 1] == length);
    for (Index r = 0; r < kImages * kPositions * kPositions / length; ++r) {
      const auto entries = map.span<double>().subspan(static_cast<std::size_t>(r * length),
                                                      static_cast<std::size_t>(length));
      CHECK(std::accumulate(entries.begin(), entries.end(), 0.0) == doctest::Approx(1));
    }
    // Keys begin smaller by the fourth root of 16.
    const auto keys =
        store.value(static_cast<std::size_t>(store.find("top_conv.weight"))).span<double>();
    const double largest =
        std::abs(*std::ranges::max_element(keys, {}, [](double value) { return std::abs(value); }));
    const double bound = std::sqrt(6.0 / 8) / (row ? 2 : 1);
    CHECK(largest <= bound);
    CHECK(largest > 0.8 * bound);
  }
}

TEST_CASE("eager and planned execution give the same bits") {
  for (const std::optional<DType> twin : kPrecisions) {
    CAPTURE(twin.has_value());
    ParameterStore planned_store, eager_store;
    const FPANet planned_model(planned_store, narrow_fpanet()),
        eager_model(eager_store, narrow_fpanet());
    for (ParameterStore* store : {&planned_store, &eager_store}) allocate(*store, twin);
    AdamWState optimizer(planned_store, 1e-3);
    Program program(Cpu{2}, planned_model, &optimizer, planned_store,
                    {.kind = ProgramKind::train,
                     .batch = 2,
                     .height = 32,
                     .width = 32,
                     .image_dtype = DType::f32,
                     .keep_probabilities = true});
    Arena arena(Device::cpu());
    program.bind(arena);
    const Tensor images = formula_tensor("images", {2, 3, 32, 32}, DType::f32);
    const Tensor labels = formula_labels("labels", {2, 1, 32, 32}, 3);
    program.images().copy_from(images);
    program.labels().copy_from(labels);
    program.run();

    Graph graph(Cpu{2}, Graph::Mode::eager);
    const FPANetOutput output =
        eager_model.before_activation({.graph = graph, .training = true, .activations = twin},
                                      eager_model.prepare(graph.input("images", images)));
    const auto [probabilities, loss] =
        softmax_dice(output.logits, graph.input("labels", labels), {});
    graph.backward(loss);
    CHECK(same_bits(graph.tensor(probabilities), program.probabilities()));
    CHECK(static_cast<double>(graph.tensor(loss).data<float>()[0]) == program.loss());
    CHECK(same_bits(eager_store.gradients(), planned_store.gradients()));
  }
}

TEST_CASE("folding batch norm changes no more than rounding, and follows the training") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    ParameterStore store;
    const FPANet model(store, narrow_fpanet());
    store.allocate(dtype, Device::cpu(), true);
    store.initialize(7);
    AdamWState optimizer(store, 1e-2);
    FoldedWeights folded;
    const auto options = [&](ProgramKind kind) {
      return ProgramOptions{
          .kind = kind, .batch = 2, .height = 32, .width = 32, .image_dtype = dtype};
    };
    Program train(Cpu{2}, model, &optimizer, store, options(ProgramKind::train), &folded);
    Program plain(Cpu{2}, model, nullptr, store, options(ProgramKind::predict));
    Program fused(Cpu{2}, model, nullptr, store, options(ProgramKind::predict), &folded);
    const auto has_norm = [](const Program& program) {
      return std::ranges::any_of(program.graph().nodes(),
                                 [](const Node& node) { return node.op->name() == "batch_norm"; });
    };
    CHECK(has_norm(plain));
    CHECK_FALSE(has_norm(fused));

    const Tensor images = formula_tensor("images", {2, 3, 32, 32}, dtype);
    const auto probabilities = [&](Program& program) {
      program.images().copy_from(images);
      program.run();
      return program.probabilities().cast(DType::f64);
    };
    Arena arena(Device::cpu());
    for (Program* program : {&train, &plain, &fused}) arena.reserve(program->plan());
    for (Program* program : {&train, &plain, &fused}) program->bind(arena);
    Tensor before = probabilities(plain);
    for (int step = 0; step < 3; ++step) {
      const Tensor expected = probabilities(plain), got = probabilities(fused);
      double difference = 0, change = 0;
      for (Index i = 0; i < expected.numel(); ++i) {
        const double value = expected.data<double>()[i];
        difference = std::max(difference, std::abs(got.data<double>()[i] - value));
        change = std::max(change, std::abs(before.data<double>()[i] - value));
      }
      CHECK(difference < (dtype == DType::f64 ? kModelDouble : kModelFloat));
      if (step > 0) CHECK(change > 1e-3);  // else a stale fold would not show
      before = expected;
      train.images().copy_from(images);
      train.labels().copy_from(formula_labels("labels", train.labels().shape(), 3));
      train.run();
    }
  }
}

TEST_CASE("only parameters that the loss reaches are trained") {
  ParameterStore store;
  const FPANet model(store, narrow_fpanet());
  store.allocate(DType::f32, Device::cpu(), true);
  store.initialize(7);
  const Tensor before = store.values().clone();
  AdamWState optimizer(store, 1e-2);
  Program program(Cpu{2}, model, &optimizer, store,
                  {.kind = ProgramKind::train, .batch = 2, .height = 32, .width = 32});
  Arena arena(Device::cpu());
  program.bind(arena);
  program.images().zero();
  for (std::size_t i = 0; i < program.images().bytes(); ++i) {
    program.images().data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i * 7919 >> 3);
  }
  program.labels().copy_from(formula_labels("labels", program.labels().shape(), 3));
  program.run();
  CHECK(optimizer.step() == 1);
  for (std::size_t i = 0; i < store.entries().size(); ++i) {
    const ParameterEntry& entry = store.entries()[i];
    if (entry.kind != EntryKind::parameter) continue;
    CAPTURE(entry.name);
    // Depth 3 never calls layer3 and layer4; the notebook never calls FreqFeature.conv1.
    const bool unused = entry.name.find("layer3") != std::string::npos ||
                        entry.name.find("layer4") != std::string::npos ||
                        entry.name.starts_with("FreqFeature");
    CHECK(same_bits(store.value(i), store.slot(i, before)) == unused);
  }
}
