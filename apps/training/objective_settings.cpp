#include "apps/training/objective_settings.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

#include "apps/cli/python_repr.hpp"
#include "apps/cli/usage_error.hpp"
#include "data/mask.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/core/parse_number.hpp"
#include "models/losses/loss.hpp"

namespace fpanet {
namespace {

constexpr const char* kNone = "none";
constexpr const char* kAuto = "auto";

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t comma = text.find(',');
    parts.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

/// Numbers of at least 0, with commas between them; none if the text is not that.
std::optional<std::vector<double>> parse_numbers(std::string_view text) {
  std::vector<double> numbers;
  for (const std::string_view part : split(text)) {
    const auto number = parse_number<double>(part);
    if (!number || !std::isfinite(*number) || *number < 0) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

bool is_loss(const std::string& text) {
  try {
    parse_objective_terms(text);
  } catch (const Error&) {
    return false;
  }
  return true;
}

bool is_class_weights(const std::string& text) {
  return text == kNone || text == kAuto || parse_numbers(text).has_value();
}

bool is_tversky(const std::string& text) {
  const auto numbers = parse_numbers(text);
  return numbers && numbers->size() == 3 && numbers->back() > 0;
}

std::string loss_help() {
  std::string help = "What the training minimises, or a sum such as 0.5*dice+ce:";
  for (const Loss& loss : losses()) help += fmt::format("\n{}: {}", loss.name, loss.help);
  return help;
}

template <class Accepts>
Setting text_setting(std::string name, std::string placeholder, std::string* value,
                     std::string accepted, std::string help, Accepts accepts) {
  return {.name = std::move(name),
          .placeholder = std::move(placeholder),
          .accepted = std::move(accepted),
          .help = std::move(help),
          .kind = Setting::Kind::text,
          .assign =
              [value, accepts](const std::string& text) {
                *value = text;
                return accepts(text);
              },
          .str = [value] { return *value; }};
}

/// Whether any loss of the sum has `name`.
bool names(const std::vector<ObjectiveTerm>& terms, std::string_view name) {
  return std::ranges::any_of(terms, [&](const ObjectiveTerm& term) { return term.loss == name; });
}

std::vector<Index> ignored_classes(const std::string& text, const ClassTable& classes) {
  std::vector<Index> ignored;
  if (text == kNone) return ignored;
  for (const std::string_view name : split(text)) {
    const std::optional<Index> label = classes.find(name);
    if (!label) {
      std::vector<std::string> known;
      for (const ClassInfo& info : classes.classes()) known.push_back(info.name);
      usage_fail("--ignore {}: no class is called '{}': accepted are {}", text, name,
                 join(known, ", "));
    }
    ignored.push_back(*label);
  }
  std::ranges::sort(ignored);
  ignored.erase(std::unique(ignored.begin(), ignored.end()), ignored.end());
  if (std::ssize(ignored) == classes.size()) {
    usage_fail("--ignore {}: these are all classes, so that nothing is left to learn", text);
  }
  return ignored;
}

/// Pixels of each class in the labels of scenes; 0 for those that are ignored.
std::vector<Index> class_pixels(SceneStore& store, std::span<const Index> scenes,
                                std::span<const Index> ignored) {
  std::array<Index, 256> counts{};
  for (const Index scene : scenes) {
    if (const SceneFacts* known = store.dataset().facts(scene)) {
      for (std::size_t c = 0; c < known->class_pixels.size(); ++c)
        counts[c] += known->class_pixels[c];
      continue;
    }
    for (const std::uint8_t label : store.get(scene)->labels.labels.pixels) ++counts[label];
  }
  const auto classes = static_cast<std::size_t>(store.dataset().classes().size());
  std::vector<Index> pixels(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(classes));
  for (const Index label : ignored) pixels[static_cast<std::size_t>(label)] = 0;
  return pixels;
}

}  // namespace

void describe(ObjectiveSettings& objective, Settings& settings) {
  settings.add(
      text_setting("loss", "NAME|SUM", &objective.loss,
                   fmt::format("{}, or a sum such as 0.5*dice+ce", join(loss_names(), ", ")),
                   loss_help(), is_loss));
  settings.add(text_setting("class-weights", "none|auto|W,W,...", &objective.class_weights,
                            "none, auto, or a number of at least 0 for each class",
                            "Weights of the classes in the loss; auto: the inverse square\n"
                            "root of a class's share of the training pixels, mean 1, at\n"
                            "most 10",
                            is_class_weights));
  settings.text("ignore", "none|NAME,...", &objective.ignore, "none, or names of classes",
                "Classes that count neither in the loss nor in the metrics");
  settings.add({.name = "label-smoothing",
                .placeholder = "X",
                .accepted = "a number from 0 to 1",
                .help = "Share of each label that cross-entropy gives to all classes",
                .kind = Setting::Kind::real,
                .assign =
                    [&objective](const std::string& given) {
                      const auto number = parse_number<double>(given);
                      if (number) objective.label_smoothing = *number;
                      return number && *number >= 0 && *number <= 1;
                    },
                .str = [&objective] { return python_repr(objective.label_smoothing); }});
  settings.add(text_setting("tversky", "A,B,G", &objective.tversky,
                            "three numbers, such as 0.3,0.7,1.33; the last above 0",
                            "Tversky loss: weight of false positives, weight of false\n"
                            "negatives, and the power of the loss",
                            is_tversky));
  settings.real("focal-gamma", &objective.focal_gamma, 0,
                "Focal loss: how strongly well classified pixels count less");
}

void check(const ObjectiveSettings& objective) {
  const ObjectiveSettings usual;
  const std::vector<ObjectiveTerm> terms = parse_objective_terms(objective.loss);
  for (const ObjectiveTerm& term : terms) {
    if (objective.class_weights == kNone || find_loss(term.loss).takes_class_weights) continue;
    usage_fail("--class-weights {}: --loss {} takes none, because {} does not",
               objective.class_weights, objective.loss, term.loss);
  }
  const auto smooths = [](const ObjectiveTerm& term) {
    return find_loss(term.loss).takes_label_smoothing;
  };
  if (objective.label_smoothing != 0 && std::ranges::none_of(terms, smooths)) {
    usage_fail("--label-smoothing {}: only cross-entropy takes it, and --loss {} has no ce",
               objective.label_smoothing, objective.loss);
  }
  if (objective.tversky != usual.tversky && !names(terms, "tversky")) {
    usage_fail("--tversky {}: --loss {} has no tversky", objective.tversky, objective.loss);
  }
  if (objective.focal_gamma != usual.focal_gamma && !names(terms, "focal")) {
    usage_fail("--focal-gamma {}: --loss {} has no focal", objective.focal_gamma, objective.loss);
  }
}

std::vector<double> balanced_weights(std::span<const Index> pixels) {
  constexpr double kMost = 10;
  const auto total = static_cast<double>(std::accumulate(pixels.begin(), pixels.end(), Index{0}));
  std::vector<double> weights;
  double sum = 0, occurring = 0;
  for (const Index count : pixels) {
    weights.push_back(count > 0 ? 1 / std::sqrt(static_cast<double>(count) / total) : 0);
    sum += weights.back();
    occurring += count > 0 ? 1 : 0;
  }
  for (double& weight : weights) weight = std::min(kMost, weight / (sum / occurring));
  return weights;
}

Objective resolve(const ObjectiveSettings& settings, SceneStore& store,
                  std::span<const Index> scenes) {
  const ClassTable& classes = store.dataset().classes();
  Objective objective{.terms = parse_objective_terms(settings.loss),
                      .ignored_classes = ignored_classes(settings.ignore, classes),
                      .ignore_index = kIgnoreLabel,
                      .label_smoothing = settings.label_smoothing,
                      .focal_gamma = settings.focal_gamma};
  const std::vector<double> tversky = parse_numbers(settings.tversky).value();
  objective.tversky_alpha = tversky[0];
  objective.tversky_beta = tversky[1];
  objective.tversky_gamma = tversky[2];
  const bool balanced = settings.class_weights == kAuto;
  if (balanced || !objective.ignored_classes.empty()) {
    const std::vector<Index> pixels = class_pixels(store, scenes, objective.ignored_classes);
    require(std::ranges::any_of(pixels, [](Index count) { return count > 0; }),
            "training: no pixel of the training scenes is counted; --ignore is {}",
            settings.ignore);
    if (balanced) objective.class_weights = balanced_weights(pixels);
  }
  if (!balanced && settings.class_weights != kNone) {
    objective.class_weights = parse_numbers(settings.class_weights).value();
    if (std::ssize(objective.class_weights) != classes.size()) {
      usage_fail("--class-weights {}: {} weights for {} classes: accepted is one for each",
                 settings.class_weights, objective.class_weights.size(), classes.size());
    }
    double sum = 0;
    for (Index label = 0; label < classes.size(); ++label) {
      if (std::ranges::find(objective.ignored_classes, label) == objective.ignored_classes.end()) {
        sum += objective.class_weights[static_cast<std::size_t>(label)];
      }
    }
    if (sum == 0) {
      usage_fail(
          "--class-weights {}: every class that is counted weighs 0: accepted is a weight "
          "above 0 for some",
          settings.class_weights);
    }
  }
  return objective;
}

}  // namespace fpanet
