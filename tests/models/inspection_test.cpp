// What inspect() says of a network is what an eager run has in memory.

#include "models/inspection.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "engine/core/rng.hpp"
#include "engine/graph/listing.hpp"
#include "layers/to_unit.hpp"
#include "models/network_gradcheck.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet::test {
namespace {

struct Sample {
  explicit Sample(const std::string& network)
      : model(make_network(store, narrow_network({.name = network}))) {
    store.allocate(DType::f64, Device::cpu(), true);
    store.initialize(3);
    Rng rng(4);
    for (std::uint8_t& byte : images.span<std::uint8_t>()) {
      byte = static_cast<std::uint8_t>(rng.below(256));
    }
    for (std::int32_t& label : labels.span<std::int32_t>()) {
      label = static_cast<std::int32_t>(rng.below(3));
    }
  }

  ParameterStore store;
  std::unique_ptr<Network> model;
  Tensor images = Tensor::empty({1, 3, 32, 32}, DType::u8);
  Tensor labels = Tensor::empty({1, 1, 32, 32}, DType::i32);
};

double norm(const Tensor& tensor) {
  double sum = 0;
  for (const double v : tensor.span<double>()) sum += v * v;
  return std::sqrt(sum);
}

}  // namespace

TEST_CASE("inspect: numbers equal an eager run's") {
  for (const std::string network : {"fpanet", "unet"}) {
    CAPTURE(network);
    Sample sample(network);
    const Inspection seen =
        inspect(*sample.model, sample.store, {.images = sample.images, .labels = sample.labels});

    sample.store.gradients().zero();
    Graph graph(Cpu{1}, Graph::Mode::eager);
    const Value images = graph.input("images", sample.images);
    const Value prepared = sample.model->prepare(to_unit(images, DType::f64));
    const Value logits = sample.model->logits({.graph = graph}, prepared);
    const ObjectiveValues end = record_objective({}, logits, graph.input("labels", sample.labels),
                                                 sample.model->activation(), DType::f64);
    const std::size_t forward = graph.nodes().size();
    graph.backward(end.loss);

    REQUIRE(seen.nodes.size() == forward);
    CHECK(seen.loss == graph.tensor(end.loss).data<double>()[0]);
    int with_gradient = 0, with_weights = 0;
    for (std::size_t i = 0; i < forward; ++i) {
      CAPTURE(i);
      const NodeNumbers& numbers = seen.nodes[i];
      const Node& node = graph.nodes()[i];
      const Value value{&graph, node.outputs[0].value};
      CHECK(numbers.op == node.op->name());
      CHECK(numbers.layer == node_label(graph, node));
      const auto elements = graph.tensor(value).span<double>();
      double sum = 0, zeros = 0, deviations = 0;
      for (const double v : elements) {
        sum += v;
        zeros += v == 0;
      }
      const auto count = static_cast<double>(elements.size());
      for (const double v : elements) deviations += (v - sum / count) * (v - sum / count);
      CHECK(numbers.mean == sum / count);
      CHECK(numbers.zeros == zeros / count);
      CHECK(numbers.deviation == std::sqrt(deviations / count));
      if (const auto gradient = graph.gradient(value)) {
        ++with_gradient;
        CHECK(numbers.gradient == norm(graph.tensor(*gradient)));
      } else {
        CHECK(std::isnan(numbers.gradient));
      }
      double of_weights = 0;
      for (const ValueId input : node.inputs) {
        if (graph.info(input).kind != ValueKind::parameter) continue;
        const auto gradient = graph.gradient({&graph, input});
        if (gradient) of_weights += std::pow(norm(graph.tensor(*gradient)), 2);
      }
      if (of_weights > 0) {
        ++with_weights;
        CHECK(numbers.weight_gradient == doctest::Approx(std::sqrt(of_weights)).epsilon(1e-12));
      }
    }
    CHECK(with_gradient > 20);
    CHECK(with_weights > 20);
    CHECK(std::ranges::equal(seen.prepared.span<double>(), graph.tensor(prepared).span<double>()));
    CHECK(seen.probabilities.shape() == end.probabilities.shape());
  }
}

TEST_CASE("inspect: the attention map is that of the softmax, and its rows add up") {
  Sample sample("fpanet");
  const Inspection seen =
      inspect(*sample.model, sample.store, {.images = sample.images, .labels = {}});
  REQUIRE(seen.attention.defined());
  CHECK(seen.attention.shape() == Shape{16, 16});  // depth 3: 4x4 positions
  double sum = 0;
  for (const double v : seen.attention.span<double>()) sum += v;
  CHECK(sum == doctest::Approx(1));  // one softmax over the whole map
  CHECK_FALSE(seen.loss.has_value());
  CHECK(std::isnan(seen.nodes.back().gradient));
  Sample without("unet");
  CHECK_FALSE(
      inspect(*without.model, without.store, {.images = without.images}).attention.defined());
}

TEST_CASE("inspect: a layer's features, and the layers that there are") {
  Sample sample("fpanet");
  const std::vector<std::string> layers = inspectable_layers(*sample.model);
  const auto has = [&](const char* name) {
    return std::ranges::find(layers, name) != layers.end();
  };
  CHECK(has("model.encoder"));
  CHECK(has("model.encoder.layer1"));
  CHECK(has("model.encoder.layer1.0.conv1"));
  const Inspection seen = inspect(*sample.model, sample.store,
                                  {.images = sample.images, .layer = "model.encoder.layer1"});
  CHECK(seen.features.shape() == Shape{1, 64, 8, 8});
  CHECK(message_of<Error>([&] {
          inspect(*sample.model, sample.store, {.images = sample.images, .layer = "no"});
        }).find("no layer 'no'") != std::string::npos);
}

TEST_CASE("inspect: entries that hold a share of the sum") {
  const Tensor values = Tensor::zeros({4}, DType::f64);
  values.span<double>()[2] = 9;
  values.span<double>()[0] = 1;
  CHECK(entries_that_hold(0.9, values) == 1);
  CHECK(entries_that_hold(0.95, values) == 2);
}

TEST_CASE("explain: every value that is read is defined above, or where it is read") {
  Sample sample("fpanet");
  Graph graph(Cpu{1});
  const Value images = graph.input("images", Spec{{1, 3, 32, 32}, DType::u8});
  const Value labels = graph.input("labels", Spec{{1, 1, 32, 32}, DType::i32});
  const Value logits = sample.model->logits({.graph = graph, .training = true},
                                            sample.model->prepare(to_unit(images, DType::f64)));
  graph.backward(record_objective({}, logits, labels, sample.model->activation(), DType::f64).loss);
  const Plan plan(graph);
  std::istringstream listing(list_program(graph, plan));
  std::set<std::string> defined;
  int read = 0;
  for (std::string line; std::getline(listing, line);) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    const bool reads = what == "in", writes = what == "out" || what == "add" || what == "input";
    for (std::string word; (reads || writes) && words >> word;) {
      if (!word.starts_with('%')) continue;
      const std::string id = word.substr(0, word.find_first_of("(="));
      const bool named = word.find('=') != std::string::npos;
      if (reads && !named && !word.ends_with("(view")) {
        ++read;
        CHECK_MESSAGE(defined.contains(id), id, " is read before it is defined: ", line);
      }
      defined.insert(id);
      if (!word.ends_with("(view")) continue;
      words >> word >> word;  // "of", "%8)" or "%8)=name"
      const std::string base = word.substr(0, word.find(')'));
      if (reads) CHECK_MESSAGE(defined.contains(base), base, " of a view is not defined: ", line);
      defined.insert(base);
    }
  }
  CHECK(read > 100);
}

}  // namespace fpanet::test
