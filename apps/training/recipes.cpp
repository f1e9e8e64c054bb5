#include "apps/training/recipes.hpp"

#include <algorithm>

namespace fpanet {

const RecipeSetting* Recipe::find(const std::string& setting) const {
  const auto found = std::ranges::find(settings, setting, &RecipeSetting::name);
  return found == settings.end() ? nullptr : &*found;
}

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> all = {
      {"notebook", {}},
      {"best",
       {{"network", "fpanet"},
        {"input", "both", "network"},
        {"loss", "dice+ce"},
        {"class-weights", "auto", "loss"},
        {"schedule", "cosine"},
        {"warmup", "50", "schedule"},
        {"ema", "0.99"},
        {"batch-size", "8"},
        {"lr", "5e-4"},
        {"monitor", "val/MeanIoUKnown"}}},
  };
  return all;
}

std::vector<std::string> recipe_names() {
  std::vector<std::string> names;
  for (const Recipe& recipe : recipes()) names.push_back(recipe.name);
  return names;
}

}  // namespace fpanet
