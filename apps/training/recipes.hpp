#pragma once

#include <string>
#include <vector>

namespace fpanet {

/// A value that a recipe gives to a setting of fpanet_train.
struct RecipeSetting {
  std::string name;   ///< "class-weights"
  std::string value;  ///< "auto"
  /// The setting of the recipe without whose value this one makes no sense ("loss"), or nothing.
  std::string with = {};
};

/// A set of settings with a name, for --recipe. What it does not name keeps its default.
struct Recipe {
  std::string name;
  std::vector<RecipeSetting> settings;

  const RecipeSetting* find(const std::string& setting) const;
};

/// notebook, which is the defaults, and best, which docs/results/variants.md chose.
const std::vector<Recipe>& recipes();
std::vector<std::string> recipe_names();

}  // namespace fpanet
