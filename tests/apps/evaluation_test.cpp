// fpanet_eval's numbers of a small net on synthetic scenes, and their JSON.

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/report/evaluation_output.hpp"
#include "data/dataset.hpp"
#include "data/mask.hpp"
#include "models/fpanet.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {
namespace {

constexpr Index kScenes = 3;
constexpr Index kSide = 32;

/// Judges a net in batches of two and of the one that is left.
Tally evaluate_scenes(ModelSession& session) {
  const auto store = std::make_shared<SceneStore>(
      std::make_shared<SyntheticDataset>(kScenes, ImageSize{kSide, kSide}, 1));
  Loader loader(store, {0, 1, 2}, {.batch_size = 2});
  return evaluate(session, loader);
}

/// A net with random weights.
Tally evaluate_random_net() {
  ModelSession session({.context = Cpu{2}}, {.options = {{"encoder", "resnet18"}}}, std::nullopt);
  session.store().initialize(1);
  return evaluate_scenes(session);
}

const Tally& random_evaluation() {
  static const Tally tally = evaluate_random_net();
  return tally;
}

TEST_CASE("evaluation as JSON has the promised keys, shapes and nulls") {
  const ClassTable classes = ClassTable::deepglobe();
  const Tally& tally = random_evaluation();
  const auto json = nlohmann::ordered_json::parse(evaluation_json(tally, classes));

  std::vector<std::string> keys;
  for (const auto& item : json.items()) keys.push_back(item.key());
  CHECK(keys == std::vector<std::string>{"loss", "iou", "accuracy", "precision", "recall", "f1",
                                         "pixel_accuracy", "mean_iou", "mean_iou_known",
                                         "per_class", "confusion", "images"});
  CHECK(json["images"] == kScenes);
  CHECK(json["loss"] == tally.metrics().loss.value());
  CHECK(json["f1"] == tally.metrics().f1.value());

  REQUIRE(json["per_class"].size() == 7);
  REQUIRE(json["confusion"].size() == 7);
  std::int64_t all = 0;
  for (Index row = 0; row < 7; ++row) {
    const auto& line = json["per_class"][static_cast<std::size_t>(row)];
    CHECK(line["name"] == classes.name(row));
    std::int64_t pixels = 0;
    for (const auto& count : json["confusion"][static_cast<std::size_t>(row)]) {
      pixels += count.get<std::int64_t>();
    }
    CHECK(line["pixels"] == pixels);
    all += pixels;
    for (const char* key : {"iou", "precision", "recall", "f1"}) {
      CAPTURE(key);
      CHECK((line[key].is_null() || line[key].is_number()));
    }
    CHECK(line["recall"].is_null() == (pixels == 0));
  }
  CHECK(all == kScenes * kSide * kSide);
}

TEST_CASE("images of ignored pixels alone do not count, and a metric of nothing is absent") {
  const auto metrics_of = [](std::vector<std::int32_t> target) {
    const std::vector<std::int32_t> prediction(target.size(), 0);
    EpochMetrics metrics;
    metrics.add(0.25, get_stats(prediction, target, 2, 2, kIgnoreLabel));
    return metrics;
  };
  const std::int32_t none = kIgnoreLabel;
  const EpochMetrics half = metrics_of({0, 1, 0, 1, none, none, none, none});
  CHECK(half.loss.count == 1);
  CHECK(half.loss.value() == 0.25);
  CHECK(half.accuracy.value() == 0.5);  // with the other image it would be 0.75
  CHECK(half.iou.value() == doctest::Approx(1.0 / 3));
  const EpochMetrics nothing = metrics_of(std::vector<std::int32_t>(8, none));
  CHECK(nothing.loss.count == 0);
  CHECK(std::isnan(nothing.f1.value()));

  const Tally empty(7, {});
  const ClassTable classes = ClassTable::deepglobe();
  const auto json = nlohmann::json::parse(evaluation_json(empty, classes));
  for (const char* key : {"loss", "iou", "f1", "pixel_accuracy", "mean_iou"}) {
    CAPTURE(key);
    CHECK(json[key].is_null());
  }
  CHECK(test::contains(evaluation_text(empty, classes), "Dice loss                       -\n"));
}

TEST_CASE("mean IoU leaves `unknown` out") {
  ConfusionMatrix confusion(2);
  confusion.add(std::vector<std::int64_t>{6, 2, 0, 0, 8, 0, 0, 0, 0});
  const ClassTable with({{"land", {1, 0, 0}}, {"unknown", {0, 0, 0}}});
  const ClassTable without({{"land", {1, 0, 0}}, {"water", {0, 0, 0}}});
  CHECK(mean_iou_known(confusion, with) == 6.0 / 8.0);
  CHECK(mean_iou_known(confusion, without) == (6.0 / 8.0 + 8.0 / 10.0) / 2);
}

TEST_CASE("weights that change between evaluations count in mixed precision, too") {
  const auto session_of = [](std::uint64_t seed) {
    auto session = std::make_unique<ModelSession>(Placement{.context = Cpu{2}, .twin = DType::bf16},
                                                  to_config({.encoder_name = "resnet18",
                                                             .encoder_depth = 3,
                                                             .decoder_channels = {8, 8, 8},
                                                             .decoder_pab_channels = 4}),
                                                  std::nullopt);
    session->store().initialize(seed);
    return session;
  };
  const auto session = session_of(1);
  const double first = evaluate_scenes(*session).metrics().loss.value();
  session->store().initialize(2);
  const double second = evaluate_scenes(*session).metrics().loss.value();
  CHECK(second != first);
  CHECK(second == evaluate_scenes(*session_of(2)).metrics().loss.value());
}

TEST_CASE("the printed tables show every class and every number") {
  const ClassTable classes = ClassTable::deepglobe();
  const std::string text = evaluation_text(random_evaluation(), classes);
  for (const ClassInfo& known : classes.classes()) {
    CHECK(test::contains(text, "\n" + known.name));
  }
  for (const char* line : {"Dice loss", "pixel accuracy", "mean IoU without unknown"}) {
    CHECK(test::contains(text, line));
  }
  CHECK(!test::contains(text, "nan"));
}

}  // namespace
}  // namespace fpanet
