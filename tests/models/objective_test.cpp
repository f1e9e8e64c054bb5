#include "models/objective.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "layers/cross_entropy.hpp"
#include "models/losses/loss.hpp"
#include "tests/support/formula.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/tolerances.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

const Shape kLogits{2, 5, 6, 4}, kLabels{2, 1, 6, 4};

/// An objective of fixed logits and labels, recorded and run in double.
struct Recorded {
  explicit Recorded(const Objective& objective,
                    Tensor labels = formula_labels("labels", kLabels, 5),
                    Activation activation = Activation::softmax2d)
      : logits(graph.input("logits", formula_tensor("logits", kLogits, DType::f64), true)),
        end(record_objective(objective, logits, graph.input("labels", std::move(labels)),
                             activation, DType::f64)) {
    graph.backward(end.loss);
  }

  double loss() const { return graph.tensor(end.loss).data<double>()[0]; }
  std::span<const double> gradient() {
    return graph.tensor(*graph.gradient(logits)).span<double>();
  }
  long nodes(std::string_view name) const {
    return std::ranges::count_if(graph.nodes(),
                                 [&](const Node& node) { return node.op->name() == name; });
  }

  Graph graph{Cpu{1}, Graph::Mode::eager};
  Value logits;
  ObjectiveValues end;
};

Objective of(std::string_view terms) {
  return {.terms = parse_objective_terms(terms)};
}

double difference(std::span<const double> a, std::span<const double> b) {
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

}  // namespace

TEST_CASE("objective: sums of losses are read and written") {
  CHECK(Objective().name() == "dice");
  CHECK(of("dice") == Objective());
  CHECK(of("0.5*dice+ce").name() == "0.5*dice+ce");
  CHECK(of(" 0.50 * dice + ce ").terms == std::vector<ObjectiveTerm>{{0.5, "dice"}, {1, "ce"}});
  for (const std::string& name : loss_names()) CHECK(of("2*" + name).name() == "2*" + name);
  const auto message = [](std::string_view text) {
    return message_of<Error>([&] { parse_objective_terms(text); });
  };
  CHECK(message("dcie") == "unknown loss 'dcie': accepted are " + join(loss_names(), ", "));
  CHECK(message("dice+").starts_with("unknown loss ''"));
  CHECK(message("x*dice") == "'x*dice': the factor 'x' is not a number above 0 and up to 1000000");
  CHECK(message("0*dice").find("the factor '0'") != std::string::npos);
  CHECK(message("dice+2*dice") == "'dice+2*dice': dice is named twice");
}

TEST_CASE("objective: options that do not fit are refused") {
  const auto message = [](Objective objective) {
    return message_of<Error>([&] { objective.check(3); });
  };
  CHECK(message({.class_weights = {1, 2}}) == "objective: 2 class weights are given for 3 classes");
  CHECK(message({.label_smoothing = 0.1}) ==
        "objective: no loss of dice takes label smoothing; ce does");
  CHECK(message({.terms = {{1, "ce"}}, .label_smoothing = 2}) ==
        "objective: label smoothing 2 must lie in [0,1]");
  CHECK(message({.ignored_classes = {3}}) == "objective: the ignored class 3 is none of 3 classes");
  CHECK(message({.ignored_classes = {0, 1, 2}}) == "objective: all 3 classes are ignored");
  for (const char* loss : {"lovasz", "tversky"}) {
    CHECK(message({.terms = {{1, "ce"}, {1, loss}}, .class_weights = {1, 1, 1}}) ==
          fmt::format("objective: the loss {} takes no class weights", loss));
  }
  CHECK_THROWS_WITH_AS(
      Recorded(of("ce"), formula_labels("labels", kLabels, 5), Activation::sigmoid),
      "objective: ce needs the activation softmax2d and one label per pixel, not sigmoid", Error);
}

TEST_CASE("objective: JSON keeps every option and refuses what it does not know") {
  Objective all{.terms = parse_objective_terms("0.5*dice+ce+tversky+0.1*focal"),
                .class_weights = {1, 0.1, 3},
                .ignored_classes = {2},
                .label_smoothing = 0.1,
                .tversky_alpha = 0.3,
                .tversky_beta = 0.7,
                .tversky_gamma = 1.33,
                .focal_gamma = 1.5};
  all.dice.log_loss = true;
  all.dice.smooth = 1;
  all.dice.classes = {0, 1};
  CHECK(objective_from_json(to_json(all), "f") == all);
  CHECK(to_json(Objective()) == R"({"loss":"dice"})");
  CHECK(objective_from_json(R"({"loss":"dice"})", "f") == Objective());
  const auto message = [](const std::string& text) {
    return message_of<Error>([&] { objective_from_json(text, "best.safetensors"); });
  };
  CHECK(message(R"({"loss":"hinge"})") ==
        "best.safetensors: the objective's loss: unknown loss 'hinge': accepted are " +
            join(loss_names(), ", "));
  CHECK(message(R"({"loss":"ce","margin":1})") ==
        "best.safetensors: the objective has the option 'margin', which this build does not know");
  CHECK(message("{").starts_with("best.safetensors: the objective '{' cannot be understood"));
  CHECK(message(R"({"loss":3})").starts_with("best.safetensors: the objective '{"));
}

TEST_CASE("objective: a sum is the sum of its losses, and all share one softmax") {
  const std::vector<std::string> losses = loss_names();
  for (const std::string& a : losses) {
    for (const std::string& b : losses) {
      if (a == b) continue;
      CAPTURE(a);
      CAPTURE(b);
      Recorded one(of(a)), other(of(b)), sum(of("0.5*" + a + "+2*" + b));
      CHECK(sum.loss() ==
            doctest::Approx(0.5 * one.loss() + 2 * other.loss()).epsilon(kSummationOrder));
      std::vector<double> expected;
      for (std::size_t i = 0; i < one.gradient().size(); ++i) {
        expected.push_back(0.5 * one.gradient()[i] + 2 * other.gradient()[i]);
      }
      CHECK(difference(sum.gradient(), expected) < kSummationOrder);
      CHECK(sum.nodes("softmax") + sum.nodes("softmax_dice") + sum.nodes("softmax_class_sums") ==
            1);
    }
  }
}

TEST_CASE("objective: Dice alone is one node with the softmax") {
  Recorded dice{Objective()};
  CHECK(dice.graph.nodes().size() == 2);  // and its backward
  CHECK(dice.nodes("softmax_dice") == 1);
}

TEST_CASE("objective: an ignored class counts as little as its label being ignored") {
  const Tensor labels = formula_labels("labels", kLabels, 5);
  const Tensor without = labels.clone();
  for (std::int32_t& label : without.span<std::int32_t>()) {
    if (label == 2 || label == 4) label = -1;
  }
  for (const std::string& loss : loss_names()) {
    CAPTURE(loss);
    Objective ignoring = of(loss), weighting = of(loss);
    ignoring.ignored_classes = {2, 4};
    weighting.ignore_index = -1;
    if (find_loss(loss).takes_class_weights) weighting.class_weights = {1, 1, 0, 1, 0};
    Recorded a(ignoring, labels), b(weighting, without);
    if (loss != "tversky") CHECK(a.loss() == b.loss());
    const Tensor counted = a.graph.tensor(a.end.labels);
    CHECK(std::ranges::equal(counted.span<std::int32_t>(), without.span<std::int32_t>()));
    CHECK(a.end.ignore_index == -1);
  }
}

TEST_CASE("objective: nothing that is counted is no loss and no gradient") {
  const Tensor labels = Tensor::zeros(kLabels, DType::i32);
  for (const std::string& loss : loss_names()) {
    CAPTURE(loss);
    Objective objective = of(loss);
    objective.ignored_classes = {0};
    Recorded nothing(objective, labels);
    CHECK(nothing.loss() == 0);
    for (const double slope : nothing.gradient()) CHECK(slope == 0);
  }
}

TEST_CASE("objective: weights and options change loss and gradient") {
  const auto differs = [](const Objective& objective) {
    Recorded usual(of(objective.name())), other(objective);
    CHECK(usual.loss() != other.loss());
    CHECK(difference(usual.gradient(), other.gradient()) > 0);
  };
  for (const char* loss : {"dice", "ce", "jaccard", "focal"}) {
    CAPTURE(loss);
    differs({.terms = {{1, loss}}, .class_weights = {1, 2, 3, 4, 5}});
  }
  differs({.terms = {{1, "ce"}}, .label_smoothing = 0.1});
  differs({.terms = {{1, "tversky"}}, .tversky_alpha = 0.9});
  differs({.terms = {{1, "tversky"}}, .tversky_beta = 0.9});
  differs({.terms = {{1, "tversky"}}, .tversky_gamma = 1.5});
  differs({.terms = {{1, "focal"}}, .focal_gamma = 1});
  Objective smooth;
  smooth.dice.smooth = 1;
  differs(smooth);
}
