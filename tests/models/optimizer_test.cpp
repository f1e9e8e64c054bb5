// Training steps that are more than AdamW: clipped gradients, an average of the parameters, an encoder
// with another rate or none at all.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/weights/safetensors/safetensors.hpp"
#include "layers/adamw.hpp"
#include "layers/linear.hpp"
#include "layers/sum_of_squares.hpp"
#include "models/network_gradcheck.hpp"
#include "models/parameter_modules.hpp"
#include "models/program.hpp"
#include "tests/support/formula.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/mean_of_squares.hpp"
#include "tests/support/tolerances.hpp"

using namespace fpanet;
using namespace fpanet::test;

TEST_CASE("golden: six AdamW steps with clipped gradients and a moving average") {
  const auto file = golden_path("ema_clip.safetensors");
  const auto numbers_file = golden_path("ema_clip.json");
  REQUIRE(file);
  REQUIRE(numbers_file);
  const StateDict golden = read_safetensors(*file).tensors;
  const auto numbers = nlohmann::json::parse(std::ifstream(*numbers_file));

  ParameterStore store;
  const Parameter weight = store.add("weight", {3, 5}, EntryKind::parameter, {});
  const Parameter bias = store.add("bias", {3}, EntryKind::parameter, {});
  store.allocate(DType::f64, Device::cpu(), true);
  const std::vector<std::string> names = {"weight", "bias"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    store.value(i).copy_from(golden.at("p0." + names[i]).to_tensor(DType::f64));
  }
  AdamWState optimizer(store, numbers.at("lr"));
  optimizer.keep_average(store, numbers.at("decay"));
  const auto compare = [&](const std::string& prefix, const Tensor& region) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::vector<double> theirs = golden.at(prefix + names[i]).values<double>();
      const auto ours = store.slot(i, region).span<double>();
      for (std::size_t k = 0; k < theirs.size(); ++k) {
        CHECK(std::abs(ours[k] - theirs[k]) <= 1e-9 * std::abs(theirs[k]));
      }
    }
  };
  for (int step = 0; step < 6; ++step) {
    CAPTURE(step);
    optimizer.begin_step(Cpu{1});
    Graph graph(Cpu{1}, Graph::Mode::eager);
    const Value x = graph.input("x", golden.at(fmt::format("x{}", step)).to_tensor(DType::f64));
    graph.backward(mean_of_squares(linear(x, weight.in(graph), bias.in(graph))));
    graph.begin_update();
    const std::vector<Segment> all = store.segments(names);
    const AdamWRegions regions{
        .parameters = graph.state("parameters", store.values()),
        .gradients = graph.state("gradients", store.gradients()),
        .moment1 = graph.state("exp_avg", optimizer.moment1()),
        .moment2 = graph.state("exp_avg_sq", optimizer.moment2()),
        .hyper = graph.state("hyper", optimizer.hyper()),
        .average = graph.state("average", optimizer.average()),
        .squared_norm = sum_of_squares(graph.state("gradients", store.gradients()), {all})};
    adamw(regions, all, {.max_norm = numbers.at("clip_norm")});
    const double norm = numbers.at("norms_before_clipping").at(static_cast<std::size_t>(step));
    const double ours = std::sqrt(graph.tensor(*regions.squared_norm).data<double>()[0]);
    CHECK(std::abs(ours - norm) <= 1e-9 * norm);
    compare(fmt::format("p{}.", step + 1), store.values());
    compare(fmt::format("ema{}.", step + 1), optimizer.average());
  }
}

namespace {

/// A small network in double that takes training steps.
struct SteppingNet {
  explicit SteppingNet(std::optional<double> decay = std::nullopt) : model(store, narrow_fpanet()) {
    store.allocate(DType::f64, Device::cpu(), true);
    store.initialize(7);
    optimizer.emplace(store, 1e-2);
    if (decay) optimizer->keep_average(store, *decay);
  }

  /// One step of a new program; the batch is a function of its number.
  Program& step(int batch, ProgramOptions options) {
    options.kind = ProgramKind::train;
    options.batch = 3;
    options.height = options.width = 32;
    options.image_dtype = DType::f64;
    programs.push_back(
        std::make_unique<Program>(Cpu{2}, model, &*optimizer, store, options, nullptr));
    Program& program = *programs.back();
    program.bind(arena);
    program.images().copy_from(
        formula_tensor(fmt::format("images{}", batch), program.images().shape(), DType::f64));
    program.labels().copy_from(
        formula_labels(fmt::format("labels{}", batch), program.labels().shape(), 3));
    program.run();
    return program;
  }

  /// All values of an entry, buffers and counters too.
  std::vector<double> value(const std::string& name) const {
    const Tensor tensor = store.value(static_cast<std::size_t>(store.find(name))).cast(DType::f64);
    return {tensor.span<double>().begin(), tensor.span<double>().end()};
  }
  std::vector<double> all(const std::string& prefix) const {
    std::vector<double> values;
    for (const ParameterEntry& entry : store.entries()) {
      if (!entry.name.starts_with(prefix) || entry.kind == EntryKind::counter) continue;
      const std::vector<double> more = value(entry.name);
      values.insert(values.end(), more.begin(), more.end());
    }
    return values;
  }

  ParameterStore store;
  FPANet model;
  std::optional<AdamWState> optimizer;
  Arena arena{Device::cpu()};
  std::vector<std::unique_ptr<Program>> programs;
};

const std::string kOfEncoder = "model.encoder.", kOfDecoder = "model.decoder.";

}  // namespace

TEST_CASE("a frozen encoder stays as it is, batch norm's statistics and decay included") {
  SteppingNet net;
  const std::vector<double> encoder = net.all(kOfEncoder), decoder = net.all(kOfDecoder);
  const ProgramOptions frozen{.adamw = {.weight_decay = 0.5}, .encoder = {.frozen = true}};
  const Program& program = net.step(0, frozen);
  net.step(1, frozen);
  CHECK((net.all(kOfEncoder) == encoder));
  CHECK((net.all(kOfDecoder) != decoder));
  for (const std::string& name : program.graph().trained_parameters()) {
    CHECK_FALSE(name.starts_with(kOfEncoder));
  }
  SteppingNet whole;
  CHECK(program.graph().nodes().size() < whole.step(0, {}).graph().nodes().size());
  CHECK((whole.all(kOfEncoder) != encoder));
}

TEST_CASE("batch norm of a frozen encoder uses the running statistics") {
  const auto loss = [](bool frozen, double shift) {
    SteppingNet net;
    const int mean = net.store.find("model.encoder.bn1.running_mean");
    REQUIRE(mean >= 0);
    const Tensor values = net.store.value(static_cast<std::size_t>(mean));
    for (double& value : values.span<double>()) value += shift;
    return net.step(0, {.encoder = {.frozen = frozen}}).loss();
  };
  CHECK(loss(true, 1) != loss(true, 0));
  CHECK(loss(false, 1) == loss(false, 0));
}

TEST_CASE("the first step after freezing is as large as AdamW's first one") {
  SteppingNet net;
  for (int i = 0; i < 3; ++i) net.step(i, {.encoder = {.frozen = true}});
  const std::string name = "model.encoder.conv1.weight";
  const std::vector<double> before = net.value(name);
  net.step(3, {.adamw = {.weight_decay = 0}, .encoder = {.missed_steps = 3}});
  const std::vector<double> after = net.value(name);
  double largest = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    largest = std::max(largest, std::abs(after[i] - before[i]));
  }
  CHECK(largest <= 1e-2 * (1 + 1e-12));
  CHECK(largest > 0.9e-2);
}

TEST_CASE("a factor of the encoder's rate scales its first step") {
  SteppingNet whole, tenth, start;
  const ProgramOptions plain{.adamw = {.weight_decay = 0}};
  whole.step(0, plain);
  tenth.step(0, {.adamw = {.weight_decay = 0}, .encoder = {.lr_factor = 0.1}});
  CHECK((tenth.all(kOfDecoder) == whole.all(kOfDecoder)));
  const std::string name = "model.encoder.layer1.0.conv1.weight";
  const std::vector<double> p = start.value(name), a = whole.value(name), b = tenth.value(name);
  for (std::size_t i = 0; i < p.size(); ++i) {
    CHECK(b[i] - p[i] == doctest::Approx(0.1 * (a[i] - p[i])).epsilon(1e-9));
  }
}

TEST_CASE("clipped gradients have the norm that was asked for; a large limit changes nothing") {
  SteppingNet plain, wide, narrow;
  plain.step(0, {});
  wide.step(0, {.adamw = {.max_norm = 1e9}});
  CHECK((wide.all("") == plain.all("")));
  narrow.step(0, {.adamw = {.max_norm = 1e-3}});
  // The first moment is a tenth of the gradient that AdamW saw.
  double squares = 0;
  for (const double m : narrow.optimizer->moment1().span<double>()) squares += m * m;
  CHECK(10 * std::sqrt(squares) == doctest::Approx(1e-3).epsilon(1e-2));
  CHECK(10 * std::sqrt(squares) < 1e-3);
}

TEST_CASE("the average copies the first step and then follows; training is the same without it") {
  SteppingNet net(0.75);
  net.step(0, {});
  const auto equal = [&](const Tensor& a, const Tensor& b) {
    return std::ranges::equal(a.span<double>(), b.span<double>());
  };
  CHECK(equal(net.optimizer->average(), net.store.values()));
  const Tensor first = net.store.values().clone();
  net.step(1, {});
  const auto average = net.optimizer->average().span<double>();
  const auto now = net.store.values().span<double>(), before = first.span<double>();
  double worst = 0;
  for (std::size_t i = 0; i < now.size(); ++i) {
    worst = std::max(worst, std::abs(average[i] - (0.75 * before[i] + 0.25 * now[i])));
  }
  CHECK(worst < kSummationOrder);
  CHECK(net.optimizer->averaged_steps() == 2);

  SteppingNet alone;
  alone.step(0, {});
  alone.step(1, {});
  CHECK(equal(alone.store.values(), net.store.values()));
}

TEST_CASE("measured norms are those of the regions, and measuring changes nothing") {
  SteppingNet net, plain;
  Program& program = net.step(0, {.measure_norms = true});
  plain.step(0, {});
  CHECK((net.all("") == plain.all("")));
  const std::vector<ModuleNorms> norms = program.read_back().norms();
  CHECK(norms.size() > 5);
  CHECK(std::ranges::find(norms, "encoder.layer1", &ModuleNorms::module) != norms.end());
  CHECK(std::ranges::find(norms, "segmentation_head", &ModuleNorms::module) != norms.end());
  double squares = 0, expected = 0;
  for (const ModuleNorms& norm : norms) squares += norm.gradient * norm.gradient;
  for (const double g : net.store.gradients().span<double>()) expected += g * g;
  CHECK(squares == doctest::Approx(expected).epsilon(1e-12));
  SteppingNet start;
  double head = 0;
  for (const double w : start.all("model.segmentation_head.")) head += w * w;
  const auto found = std::ranges::find(norms, "segmentation_head", &ModuleNorms::module);
  CHECK(found->weight == doctest::Approx(std::sqrt(head)).epsilon(1e-12));
}

TEST_CASE("modules of state-dict names") {
  CHECK(module_of("model.encoder.layer1.0.conv1.weight") == "encoder.layer1");
  CHECK(module_of("model.encoder.conv1.weight") == "encoder.conv1");
  CHECK(module_of("decoder.blocks.3.conv1.0.weight") == "decoder.blocks.3");
  CHECK(module_of("model.decoder.center.top_conv.bias") == "decoder.center");
  CHECK(module_of("segmentation_head.0.bias") == "segmentation_head");
  CHECK(module_of("w") == "");
}
