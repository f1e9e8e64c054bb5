#include "apps/training/objective_settings.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "apps/cli/usage_error.hpp"
#include "data/dataset.hpp"
#include "data/mask.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {
namespace {

std::string refusal(const ObjectiveSettings& settings) {
  return test::message_of<UsageError>([&] { check(settings); });
}

TEST_CASE("flags that do not go with the loss are refused by name") {
  CHECK(refusal({.class_weights = "auto", .label_smoothing = 0}).empty());
  CHECK(refusal({.loss = "dice+lovasz", .class_weights = "auto"}) ==
        "--class-weights auto: --loss dice+lovasz takes none, because lovasz does not");
  CHECK(refusal({.loss = "tversky", .class_weights = "1,2,3"}) ==
        "--class-weights 1,2,3: --loss tversky takes none, because tversky does not");
  CHECK(refusal({.loss = "dice", .label_smoothing = 0.1}) ==
        "--label-smoothing 0.1: only cross-entropy takes it, and --loss dice has no ce");
  CHECK(refusal({.loss = "dice+ce", .label_smoothing = 0.1}).empty());
  CHECK(refusal({.loss = "dice", .tversky = "0.3,0.7,1"}) ==
        "--tversky 0.3,0.7,1: --loss dice has no tversky");
  CHECK(refusal({.loss = "ce", .focal_gamma = 1}) == "--focal-gamma 1: --loss ce has no focal");
  CHECK(refusal({.loss = "focal+tversky", .tversky = "0.3,0.7,1", .focal_gamma = 1}).empty());
}

TEST_CASE("balanced weights are the inverse square root of the share, mean 1, at most 10") {
  const std::vector<Index> pixels = {100, 400, 0, 1600};
  const std::vector<double> weights = balanced_weights(pixels);
  REQUIRE(weights.size() == 4);
  CHECK(weights[2] == 0);
  CHECK(weights[0] / weights[1] == doctest::Approx(2));
  CHECK(weights[1] / weights[3] == doctest::Approx(2));
  CHECK((weights[0] + weights[1] + weights[3]) / 3 == doctest::Approx(1));
  std::vector<Index> rare(20, 1'000'000);
  rare[7] = 1;
  CHECK(balanced_weights(rare)[7] == 10);
}

struct Scenes {
  std::shared_ptr<SceneStore> store =
      std::make_shared<SceneStore>(std::make_shared<SyntheticDataset>(4, ImageSize{32, 32}, 1));
  std::vector<Index> all = {0, 1, 2, 3};

  Objective resolved(const ObjectiveSettings& settings) const {
    return resolve(settings, *store, all);
  }
  std::string refused(const ObjectiveSettings& settings) const {
    return test::message_of<UsageError>([&] { resolved(settings); });
  }
};

TEST_CASE("settings become the objective of a data set") {
  const Scenes scenes;
  CHECK(scenes.resolved({}) == Objective{.ignore_index = kIgnoreLabel});
  const Objective all = scenes.resolved({.loss = "0.5*ce+tversky+focal",
                                         .ignore = "unknown,water",
                                         .label_smoothing = 0.1,
                                         .tversky = "0.3,0.7,1.33",
                                         .focal_gamma = 1.5});
  CHECK(all.name() == "0.5*ce+tversky+focal");
  CHECK(all.ignored_classes == std::vector<Index>{4, 6});
  CHECK(all.label_smoothing == 0.1);
  CHECK(all.tversky_alpha == 0.3);
  CHECK(all.tversky_beta == 0.7);
  CHECK(all.tversky_gamma == 1.33);
  CHECK(all.focal_gamma == 1.5);
  CHECK(scenes.resolved({.class_weights = "1,2,3,4,5,6,7"}).class_weights ==
        std::vector<double>{1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("automatic weights follow from the labels of the scenes") {
  const Scenes scenes;
  std::vector<Index> pixels(7);
  for (const Index scene : scenes.all) {
    for (const std::uint8_t label : scenes.store->get(scene)->labels.labels.pixels) {
      if (label < 7) ++pixels[label];
    }
  }
  CHECK(scenes.resolved({.class_weights = "auto"}).class_weights == balanced_weights(pixels));
  pixels[6] = 0;
  CHECK(scenes.resolved({.class_weights = "auto", .ignore = "unknown"}).class_weights ==
        balanced_weights(pixels));
}

TEST_CASE("classes and weights that do not fit the data are refused by name") {
  const Scenes scenes;
  CHECK(scenes.refused({.ignore = "swamp"}) ==
        "--ignore swamp: no class is called 'swamp': accepted are urban_land, agriculture_land, "
        "rangeland, forest_land, water, barren_land, unknown");
  CHECK(scenes.refused({.class_weights = "1,2"}) ==
        "--class-weights 1,2: 2 weights for 7 classes: accepted is one for each");
  CHECK(scenes.refused({.class_weights = "0,0,0,0,0,0,1", .ignore = "unknown"})
            .starts_with("--class-weights 0,0,0,0,0,0,1: every class that is counted weighs 0"));
  CHECK(scenes
            .refused({.ignore = "urban_land,agriculture_land,rangeland,forest_land,water,"
                                "barren_land,unknown"})
            .find("these are all classes") != std::string::npos);
}

}  // namespace
}  // namespace fpanet
