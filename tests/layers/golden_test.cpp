// Parts of the network in double against PyTorch in double: DCT, PAB, Dice, AdamW.

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/core/error.hpp"
#include "engine/core/layout.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "layers/adamw.hpp"
#include "layers/add.hpp"
#include "layers/conv2d.hpp"
#include "layers/dct.hpp"
#include "layers/dice.hpp"
#include "layers/high_pass.hpp"
#include "layers/matmul.hpp"
#include "layers/pab_reread.hpp"
#include "layers/softmax.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet {
namespace {

SafetensorsFile read_golden(const std::string& name) {
  const auto path = test::golden_path(name);
  require(path.has_value(), "golden {} is not in tests/data/goldens", name);
  return read_safetensors(*path);
}

double max_difference(const Tensor& ours, const StateEntry& theirs) {
  const std::vector<double> a = to_row_major<double>(ours), b = theirs.values<double>();
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

Graph eager() {
  return Graph(Cpu{default_threads()}, Graph::Mode::eager);
}

TEST_CASE("golden: DCT-II, its inverse and the high-pass filter") {
  const StateDict golden = read_golden("dct.safetensors").tensors;
  for (const std::string name : {"a", "b", "c"}) {
    CAPTURE(name);
    Graph graph = eager();
    const Tensor image = golden.at("x_" + name).to_tensor(DType::f64);
    const Value x = graph.input("x", image);
    const Value spectrum = dct2d(x);
    CHECK(max_difference(graph.tensor(spectrum), golden.at("dct_" + name)) < test::kPartDouble);
    CHECK(max_difference(graph.tensor(idct2d(spectrum)), golden.at("x_" + name)) <
          test::kPartDouble);
    CHECK(max_difference(graph.tensor(high_pass(x, 10)), golden.at("highpass_" + name)) <
          test::kPartDouble);
  }
}

/// The block of models/pab.hpp, written out in ops on parameters taken from a golden.
struct PabGraph {
  PabGraph(const StateDict& golden, const std::string& prefix) : graph(eager()) {
    const auto leaf = [&](const std::string& name) {
      const Value value = graph.input(name, golden.at(prefix + name).to_tensor(DType::f64), true);
      leaves.emplace_back(name, value);
      return value;
    };
    const auto conv = [&](const std::string& name, Value input, Index padding) {
      return conv2d(input, leaf(name + ".weight"), leaf(name + ".bias"), {.padding = padding});
    };
    const Value x = leaf("x");
    const Shape s = x.shape();
    const Index positions = s[2] * s[3];
    const auto rows = [&](Value image) {
      return graph.view(image, {s[0], positions, image.shape()[1]});
    };
    const Value top = rows(conv("top_conv", x, 0));
    const Value center = rows(conv("center_conv", x, 0));
    const Value bottom = rows(conv("bottom_conv", x, 1));
    const Value scores = matmul(center, top, {.transpose_b = true});
    const Value map = softmax(graph.view(scores, {s[0], positions * positions}));
    const Value attended = matmul(graph.view(map, {s[0], positions, positions}), bottom);
    out = conv("out_conv", add(x, pab_reread(attended, s[2], s[3])), 1);

    // The loss sum(out . grad_out) makes grad_out the gradient that reaches `out`.
    const Tensor weights = golden.at(prefix + "grad_out").to_tensor(DType::f64);
    const Index size = weights.numel();
    const Value grad_out = graph.constant("grad_out", weights.reshaped({size, 1}));
    graph.backward(matmul(graph.view(out, {1, size}), grad_out));
  }

  Graph graph;
  std::vector<std::pair<std::string, Value>> leaves;
  Value out;
};

TEST_CASE("golden: the PAB block, forward and backward") {
  const StateDict golden = read_golden("pab.safetensors").tensors;
  for (const std::string prefix : {"a.", "b."}) {
    CAPTURE(prefix);
    PabGraph pab(golden, prefix);
    CHECK(max_difference(pab.graph.tensor(pab.out), golden.at(prefix + "out")) < test::kPartDouble);
    for (const auto& leaf : pab.leaves) {
      const std::string& name = leaf.first;
      CAPTURE(name);
      const auto gradient = pab.graph.gradient(leaf.second);
      REQUIRE(gradient.has_value());
      CHECK(max_difference(pab.graph.tensor(*gradient), golden.at(prefix + "grad." + name)) <
            test::kPartDouble);
    }
  }
}

TEST_CASE("golden: Dice loss and its gradient") {
  const StateDict tensors = read_golden("dice_metrics.safetensors").tensors;
  const auto json = test::golden_path("dice_metrics.json");
  REQUIRE(json.has_value());
  const auto numbers = nlohmann::json::parse(std::ifstream(*json));
  for (const auto& one : numbers.items()) {
    const std::string& name = one.key();
    const auto& expected = one.value();
    CAPTURE(name);
    Graph graph = eager();
    const Value p = graph.input("p", tensors.at(name + ".probs").to_tensor(DType::f64), true);
    const Value labels = graph.input("labels", tensors.at(name + ".labels").to_tensor(DType::i32));
    DiceLossOptions options{.from_logits = false};
    if (!expected.at("ignore_index").is_null()) options.ignore_index = expected.at("ignore_index");
    const Value loss = dice_loss(p, labels, options);
    graph.backward(loss);
    CHECK(std::abs(graph.tensor(loss).data<double>()[0] - expected.at("dice_loss").get<double>()) <
          test::kPartDouble);
    CHECK(max_difference(graph.tensor(*graph.gradient(p)), tensors.at(name + ".grad")) <
          test::kPartDouble);
  }
}

/// Probabilities and targets of semantics 1.7's worked example, SMP 0.3.3's numbers for it.
TEST_CASE("golden: Dice loss with every option of SMP's multiclass mode") {
  const std::array<double, 24> probabilities = {.7, .2, .1, .6, .2, .5, .3, .3, .1, .3, .6, .1,
                                                .3, .3, .8, .1, .6, .4, .1, .2, .1, .3, .1, .7};
  const auto loss_of = [&](DiceLossOptions options) {
    options.from_logits = false;
    Graph graph = eager();
    const Tensor p = Tensor::empty({2, 3, 2, 2}, DType::f64);
    from_row_major<double>(probabilities, p);
    const Tensor labels = Tensor::empty({2, 1, 2, 2}, DType::i32);
    from_row_major<std::int32_t>(std::array<std::int32_t, 8>{0, 1, 1, 0, 1, 0, 0, 1}, labels);
    return graph.tensor(dice_loss(graph.input("p", p), graph.input("labels", labels), options))
        .data<double>()[0];
  };
  constexpr double kPrinted = 1e-8;  // digits the reference was printed with, from float32
  CHECK(loss_of({}) == doctest::Approx(.27969834).epsilon(10 * kPrinted));
  CHECK(loss_of({.log_loss = true}) == doctest::Approx(.37179914).epsilon(10 * kPrinted));
  CHECK(loss_of({.smooth = 1}) == doctest::Approx(.24377300).epsilon(10 * kPrinted));
  CHECK(loss_of({.ignore_index = 1}) == doctest::Approx(.08333334).epsilon(20 * kPrinted));
  CHECK(loss_of({.classes = {0, 1}}) == doctest::Approx(.41954753).epsilon(10 * kPrinted));
}

TEST_CASE("golden: five AdamW steps") {
  const SafetensorsFile golden = read_golden("adamw.safetensors");
  const auto number = [&](const char* key) { return std::stod(golden.metadata.at(key)); };
  const kernels::AdamWOptions options{.beta1 = number("beta1"),
                                      .beta2 = number("beta2"),
                                      .eps = number("eps"),
                                      .weight_decay = number("weight_decay")};
  const Tensor parameters = golden.tensors.at("p0").to_tensor(DType::f64);
  const Tensor moment1 = Tensor::zeros(parameters.shape(), DType::f64);
  const Tensor moment2 = Tensor::zeros(parameters.shape(), DType::f64);
  const Tensor hyper = Tensor::empty({2}, DType::f64);
  for (int step = 0; step < 5; ++step) {
    CAPTURE(step);
    hyper.data<double>()[0] = number("lr");
    hyper.data<double>()[1] = step + 1;
    Graph graph = eager();
    const Tensor gradients = golden.tensors.at(fmt::format("g{}", step)).to_tensor(DType::f64);
    const Segment all{0, parameters.numel()};
    adamw({graph.state("p", parameters), graph.input("g", gradients), graph.state("m", moment1),
           graph.state("v", moment2), graph.input("hyper", hyper)},
          {&all, 1}, options);
    CHECK(max_difference(parameters, golden.tensors.at(fmt::format("p{}", step + 1))) <
          test::kPartDouble);
  }
}

}  // namespace
}  // namespace fpanet
