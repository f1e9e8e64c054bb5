#pragma once
// What a run is trained for, as flags say it, and the objective that follows from them and the data.

#include <cstdint>
#include <span>
#include <string>

#include "apps/cli/settings.hpp"
#include "data/class_table.hpp"
#include "data/scene_store.hpp"
#include "models/objective.hpp"

namespace fpanet {

/// The values of the flags with the same names.
struct ObjectiveSettings {
  std::string loss = "dice";           ///< or a sum: 0.5*dice+ce
  std::string class_weights = "none";  ///< none, auto, or one number per class
  std::string ignore = "none";         ///< none, or class names
  double label_smoothing = 0;
  std::string tversky = "0.5,0.5,1";  ///< alpha,beta,gamma
  double focal_gamma = 2;

  bool operator==(const ObjectiveSettings&) const = default;
};

/// Makes every member one of `settings`.
void describe(ObjectiveSettings& objective, Settings& settings);

/// Throws UsageError naming the flag, if one is set that does not go with --loss.
void check(const ObjectiveSettings& objective);

/// Weights of classes that have so many pixels: the inverse square root of the share, divided by the
/// mean over all classes that occur, and at most 10. Classes without pixels weigh 0.
std::vector<double> balanced_weights(std::span<const Index> pixels);

/// The objective for the classes of a data set. Weights that are auto come from the labels of `scenes`.
/// Throws UsageError for names and weights that do not fit the classes, Error if no pixel is counted.
Objective resolve(const ObjectiveSettings& settings, SceneStore& store,
                  std::span<const Index> scenes);

}  // namespace fpanet
