#include "tests/support/network_golden.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "apps/prediction/symmetries.hpp"
#include "engine/core/layout.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "layers/cast.hpp"
#include "tests/support/formula.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/model_golden.hpp"

namespace fpanet::test {
namespace {

constexpr Index kSampled = 61;
constexpr Index kBatch = 2;

Device device_for(const Context& context) {
  const Cuda* cuda = std::get_if<Cuda>(&context);
  return cuda != nullptr ? Device::cuda(cuda->index) : Device::cpu();
}

struct GoldenFile {
  nlohmann::ordered_json numbers;
  StateDict tensors;
  Index step = 1;

  explicit GoldenFile(const std::string& name) {
    const auto json = golden_path(name + ".json");
    require(json.has_value(), "golden: {}.json is missing", name);
    numbers = nlohmann::ordered_json::parse(std::ifstream(*json));
    const auto whole = golden_path(name + ".safetensors");
    step = whole ? 1 : kSampled;
    tensors =
        read_safetensors(whole ? *whole : *golden_path(name + "_sampled.safetensors")).tensors;
  }
  std::vector<double> values(const std::string& name) const {
    return tensors.at(name).values<double>();
  }
};

/// Softmax over the classes of row-major (N,C,H,W).
std::vector<double> softmax_of(const std::vector<double>& logits, Index classes, Index pixels) {
  std::vector<double> y(logits.size());
  const auto at = [&](Index n, Index c, Index p) {
    return static_cast<std::size_t>((n * classes + c) * pixels + p);
  };
  for (Index n = 0; n < kBatch; ++n) {
    for (Index p = 0; p < pixels; ++p) {
      double sum = 0;
      for (Index c = 0; c < classes; ++c) sum += std::exp(logits[at(n, c, p)]);
      for (Index c = 0; c < classes; ++c) y[at(n, c, p)] = std::exp(logits[at(n, c, p)]) / sum;
    }
  }
  return y;
}

NetworkGolden unet_golden() {
  const GoldenFile file("unet_resnet18_64x96");
  NetworkGolden golden{
      .name = "unet",
      .config = {.name = "unet", .options = {{"encoder", file.numbers.at("encoder_name")}}},
      .height = file.numbers.at("height"),
      .width = file.numbers.at("width"),
      .input = "inputresnet18_64x96",
      .labels = "labelsresnet18_64x96",
      .labels_used = file.numbers.at("classes"),
      .numbers = file.numbers,
      .evaluate_logits = file.values("logits_eval_float64"),
      .train_logits = file.values("logits_train_float64"),
      .step = file.step};
  if (file.step == 1) {
    const Index pixels = golden.height * golden.width, classes = golden.config.classes;
    golden.evaluate = softmax_of(golden.evaluate_logits, classes, pixels);
    golden.train = softmax_of(golden.train_logits, classes, pixels);
  } else {
    golden.evaluate = file.values("probs_eval_float64");
    golden.train = file.values("probs_train_float64");
  }
  return golden;
}

NetworkGolden variant_golden(const GoldenFile& file, const std::string& name,
                             const nlohmann::ordered_json& numbers) {
  NetworkGolden golden{.name = name,
                       .config = {.options = {{"encoder", numbers.at("encoder_name")},
                                              {"attention", numbers.at("attention")},
                                              {"input", numbers.at("input")}}},
                       .height = 32,
                       .width = 64,
                       .input = "variant_input",
                       .labels = "variant_labels",
                       .labels_used = 6,
                       .numbers = numbers,
                       .evaluate = file.values(name + ".probs_eval_float64"),
                       .train = file.values(name + ".probs_train_float64"),
                       .step = file.step};
  golden.config.classes = numbers.at("classes");
  const std::string averaged = name + ".probs_d4";
  if (file.tensors.contains(averaged)) golden.averaged = file.values(averaged);
  if (numbers.at("input") != "image") {
    golden.config.options["high-pass"] = std::to_string(numbers.at("high_pass").get<int>());
  }
  return golden;
}

double difference(const Tensor& ours, const std::vector<double>& theirs, Index step) {
  require(!theirs.empty(), "golden: no numbers to compare with");
  const auto values = to_row_major<double>(ours.to(Device::cpu()).cast(DType::f64));
  const auto count = static_cast<std::size_t>(step);
  require((values.size() + count - 1) / count == theirs.size(), "golden: {} numbers here, {} there",
          values.size(), theirs.size());
  double worst = 0;
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    const double apart = std::abs(values[i * count] - theirs[i]);
    worst = std::isnan(apart) ? HUGE_VAL : std::max(worst, apart);
  }
  return worst;
}

void compare_gradients(const NetworkGolden& golden, const ParameterStore& store,
                       const std::vector<std::string>& trained, NetworkDistance& far) {
  const auto& norms = golden.numbers.at("grad_l2_float64");
  for (std::size_t i = 0; i < store.entries().size(); ++i) {
    const std::string& name = store.entries()[i].name;
    if (store.entries()[i].kind != EntryKind::parameter) continue;
    const bool expected = norms.contains(name) && !norms.at(name).is_null();
    if (expected != (std::ranges::count(trained, name) == 1)) far.wrong_gradients.push_back(name);
    if (!expected) continue;
    const double norm = norms.at(name).get<double>();
    const double relative = std::abs(l2_norm(store.gradient(i)) - norm) / norm;
    const bool pab_1x1 =
        name.find("top_conv") != std::string::npos || name.find("center_conv") != std::string::npos;
    double& worst = pab_1x1 ? far.gradient_pab : far.gradient;
    worst = std::isnan(relative) ? HUGE_VAL : std::max(worst, relative);
  }
}

}  // namespace

std::vector<NetworkGolden> network_goldens() {
  std::vector<NetworkGolden> goldens = {unet_golden()};
  const GoldenFile variants("variants");
  for (const auto& [name, numbers] : variants.numbers.items()) {
    if (numbers.is_object()) goldens.push_back(variant_golden(variants, name, numbers));
  }
  return goldens;
}

NetworkDistance distance(const NetworkGolden& golden, const Context& context, DType dtype) {
  ParameterStore store;
  const std::unique_ptr<Network> network = make_network(store, golden.config);
  store.allocate(dtype, device_for(context), true);
  fill_with_formula(store);
  AdamWState optimizer(store, 1e-4);
  FoldedWeights folded;
  ProgramOptions options{.kind = ProgramKind::evaluate,
                         .batch = kBatch,
                         .height = golden.height,
                         .width = golden.width,
                         .image_dtype = dtype,
                         .keep_probabilities = true};
  Program evaluate(context, *network, nullptr, store, options);
  options.kind = ProgramKind::predict;
  Program predict(context, *network, nullptr, store, options, &folded);
  options.kind = ProgramKind::train;
  Program train(context, *network, &optimizer, store, options);
  Arena arena(device_for(context));
  for (Program* program : {&train, &evaluate, &predict}) arena.reserve(program->plan());

  const Tensor images =
      formula_tensor(golden.input, {kBatch, 3, golden.height, golden.width}, dtype);
  const Tensor labels =
      formula_labels(golden.labels, {kBatch, 1, golden.height, golden.width}, golden.labels_used);
  const auto run = [&](Program& program) {
    program.bind(arena);
    program.images().copy_from(images);
    if (program.options().kind != ProgramKind::predict) program.labels().copy_from(labels);
    program.run();
    return program.probabilities();
  };
  const auto logits_of = [&](bool training) {
    Graph graph(context, Graph::Mode::eager);
    const Value image = graph.input("images", images.to(device_for(context)));
    return graph.tensor(
        network->logits({.graph = graph, .training = training}, network->prepare(image)));
  };
  NetworkDistance far;
  if (!golden.evaluate_logits.empty()) {
    far.evaluate_logits = difference(logits_of(false), golden.evaluate_logits, golden.step);
  }
  far.evaluate = difference(run(evaluate), golden.evaluate, golden.step);
  far.predict = difference(run(predict), golden.evaluate, golden.step);
  if (!golden.averaged.empty()) {
    // Quarter turns exchange height and width.
    options.kind = ProgramKind::predict;
    std::swap(options.height, options.width);
    Program turned(context, *network, nullptr, store, options, &folded);
    arena.reserve(turned.plan());
    const Tensor mean = average_over(symmetries("d4"), images, [&](const Tensor& copy) {
      Program& program = copy.shape() == images.shape() ? predict : turned;
      program.bind(arena);
      program.images().copy_from(copy);
      program.run();
      return program.probabilities().to(Device::cpu());
    });
    far.averaged = difference(mean, golden.averaged, golden.step);
  }
  // Training moves the weights and the running statistics, so it comes last.
  if (!golden.train_logits.empty()) {
    far.train_logits = difference(logits_of(true), golden.train_logits, golden.step);
  }
  far.train = difference(run(train), golden.train, golden.step);
  far.loss = std::abs(train.loss() - golden.numbers.at("loss_float64").get<double>());
  compare_gradients(golden, store, train.graph().trained_parameters(), far);
  return far;
}

}  // namespace fpanet::test
