// An objective in a checkpoint's metadata:
//   {"loss":"0.5*dice+ce","class_weights":[...],"ignored_classes":[6],"label_smoothing":0.1,
//    "tversky":[0.5,0.5,1],"focal_gamma":2,"dice":{"log_loss":true,"smooth":1,"eps":1e-7,"classes":[...]}}
// where all but the loss are left out if they have their defaults.

#include <nlohmann/json.hpp>

#include "engine/core/error.hpp"
#include "models/objective.hpp"

namespace fpanet {
namespace {

using Json = nlohmann::json;

Json dice_json(const DiceLossOptions& dice) {
  const DiceLossOptions usual;
  Json json = Json::object();
  if (dice.log_loss != usual.log_loss) json["log_loss"] = dice.log_loss;
  if (dice.smooth != usual.smooth) json["smooth"] = dice.smooth;
  if (dice.eps != usual.eps) json["eps"] = dice.eps;
  if (dice.classes != usual.classes) json["classes"] = dice.classes;
  return json;
}

/// f(key, value) for every entry; f returns false for a key that it does not know.
template <class F>
void for_entries(const Json& json, const std::string& source, const F& f) {
  for (const auto& [key, value] : json.items()) {
    require(f(key, value), "{}: the objective has the option '{}', which this build does not know",
            source, key);
  }
}

DiceLossOptions parse_dice(const Json& json, const std::string& source) {
  DiceLossOptions dice = Objective().dice;
  for_entries(json, source, [&](const std::string& key, const Json& value) {
    if (key == "log_loss") {
      dice.log_loss = value;
    } else if (key == "smooth") {
      dice.smooth = value;
    } else if (key == "eps") {
      dice.eps = value;
    } else if (key == "classes") {
      dice.classes = value.get<std::vector<Index>>();
    } else {
      return false;
    }
    return true;
  });
  return dice;
}

Objective parse(const Json& json, const std::string& source) {
  Objective objective;
  for_entries(json, source, [&](const std::string& key, const Json& value) {
    if (key == "loss") {
      objective.terms = parse_objective_terms(value.get<std::string>());
    } else if (key == "class_weights") {
      objective.class_weights = value.get<std::vector<double>>();
    } else if (key == "ignored_classes") {
      objective.ignored_classes = value.get<std::vector<Index>>();
    } else if (key == "label_smoothing") {
      objective.label_smoothing = value;
    } else if (key == "tversky") {
      objective.tversky_alpha = value.at(0);
      objective.tversky_beta = value.at(1);
      objective.tversky_gamma = value.at(2);
    } else if (key == "focal_gamma") {
      objective.focal_gamma = value;
    } else if (key == "dice") {
      objective.dice = parse_dice(value, source);
    } else {
      return false;
    }
    return true;
  });
  return objective;
}

}  // namespace

std::string to_json(const Objective& objective) {
  const Objective usual;
  Json json = {{"loss", objective.name()}};
  if (!objective.class_weights.empty()) json["class_weights"] = objective.class_weights;
  if (!objective.ignored_classes.empty()) json["ignored_classes"] = objective.ignored_classes;
  if (objective.label_smoothing != 0) json["label_smoothing"] = objective.label_smoothing;
  const auto tversky = [](const Objective& of) {
    return std::vector{of.tversky_alpha, of.tversky_beta, of.tversky_gamma};
  };
  if (tversky(objective) != tversky(usual)) json["tversky"] = tversky(objective);
  if (objective.focal_gamma != usual.focal_gamma) json["focal_gamma"] = objective.focal_gamma;
  if (Json dice = dice_json(objective.dice); !dice.empty()) json["dice"] = dice;
  return json.dump();
}

Objective objective_from_json(const std::string& text, const std::string& source) {
  try {
    return parse(Json::parse(text), source);
  } catch (const Json::exception& error) {
    fail("{}: the objective '{}' cannot be understood: {}", source, text, error.what());
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.starts_with(source)) throw;
    fail("{}: the objective's loss: {}", source, message);
  }
}

}  // namespace fpanet
