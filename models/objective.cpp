#include "models/objective.hpp"

#include <algorithm>
#include <charconv>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "layers/cast.hpp"
#include "layers/ignore_labels.hpp"
#include "layers/loss_sum.hpp"
#include "models/losses/loss.hpp"

namespace fpanet {
namespace {

constexpr Index kDefaultIgnoreIndex = -1;

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' '; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// "0.5*dice", "dice".
ObjectiveTerm parse_term(std::string_view text, std::string_view whole) {
  ObjectiveTerm term;
  const std::size_t star = text.find('*');
  if (star != std::string_view::npos) {
    const std::string_view number = trimmed(text.substr(0, star));
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), term.factor);
    const bool whole_number = error == std::errc() && end == number.data() + number.size();
    constexpr double kLargest = 1e6;
    require(whole_number && term.factor > 0 && term.factor <= kLargest,
            "'{}': the factor '{}' is not a number above 0 and up to {}", whole, number, kLargest);
    text = text.substr(star + 1);
  }
  term.loss = trimmed(text);
  find_loss(term.loss);
  return term;
}

bool is_softmax(Activation activation) {
  return activation == Activation::softmax2d || activation == Activation::softmax;
}

bool is_dice_alone(const Objective& objective) {
  return objective.terms.size() == 1 && objective.terms[0] == ObjectiveTerm();
}

/// Losses of the class sums come first, because these bring the probabilities with them.
std::vector<LossTerm> record_terms(const Objective& objective, LossInputs& inputs) {
  std::vector<LossTerm> terms(objective.terms.size());
  for (const bool of_class_sums : {true, false}) {
    for (std::size_t i = 0; i < terms.size(); ++i) {
      const Loss& loss = find_loss(objective.terms[i].loss);
      if (loss.of_class_sums != of_class_sums) continue;
      terms[i] = {objective.terms[i].factor, loss.record(inputs)};
    }
  }
  return terms;
}

}  // namespace

std::vector<ObjectiveTerm> parse_objective_terms(std::string_view text) {
  std::vector<ObjectiveTerm> terms;
  for (std::string_view rest = text;;) {
    const std::size_t plus = rest.find('+');
    terms.push_back(parse_term(trimmed(rest.substr(0, plus)), text));
    const auto same_loss = [&](const ObjectiveTerm& term) {
      return term.loss == terms.back().loss;
    };
    require(std::ranges::count_if(terms, same_loss) == 1, "'{}': {} is named twice", text,
            terms.back().loss);
    if (plus == std::string_view::npos) return terms;
    rest = rest.substr(plus + 1);
  }
}

std::string Objective::name() const {
  std::vector<std::string> texts;
  for (const ObjectiveTerm& term : terms) {
    texts.push_back(term.factor == 1 ? term.loss : fmt::format("{}*{}", term.factor, term.loss));
  }
  return join(texts, "+");
}

void Objective::check(Index classes) const {
  require(!terms.empty(), "objective: there is no loss");
  const auto takes = [&](auto member) {
    return std::ranges::any_of(terms,
                               [&](const auto& term) { return find_loss(term.loss).*member; });
  };
  for (const ObjectiveTerm& term : terms) {
    const Loss& loss = find_loss(term.loss);
    require(class_weights.empty() || loss.takes_class_weights,
            "objective: the loss {} takes no class weights", loss.name);
  }
  require(label_smoothing == 0 || takes(&Loss::takes_label_smoothing),
          "objective: no loss of {} takes label smoothing; ce does", name());
  require(label_smoothing >= 0 && label_smoothing <= 1,
          "objective: label smoothing {} must lie in [0,1]", label_smoothing);
  require(class_weights.empty() || std::ssize(class_weights) == classes,
          "objective: {} class weights are given for {} classes", class_weights.size(), classes);
  for (const Index label : ignored_classes) {
    require(label >= 0 && label < classes, "objective: the ignored class {} is none of {} classes",
            label, classes);
  }
  require(std::ssize(ignored_classes) < classes, "objective: all {} classes are ignored", classes);
}

ObjectiveValues record_objective(const Objective& objective, Value logits, Value labels,
                                 Activation activation, DType dtype,
                                 const BatchReduction* reduction) {
  objective.check(logits.shape()[1]);
  Objective complete = objective;
  if (!complete.ignored_classes.empty() && !complete.ignore_index) {
    complete.ignore_index = kDefaultIgnoreIndex;
  }
  const Value counted =
      ignore_labels(labels, complete.ignored_classes, complete.ignore_index.value_or(0));
  const DiceLossOptions& dice = objective.dice;
  if (!is_softmax(activation) || dice.mode != kernels::DiceMode::multiclass || dice.from_logits) {
    require(is_dice_alone(objective) && objective.ignored_classes.empty(),
            "objective: {} needs the activation softmax2d and one label per pixel, not {}",
            objective.name(), name_of(activation));
    DiceLossOptions options = dice;
    options.ignore_index = objective.ignore_index;
    options.class_weights = objective.class_weights;
    const Value probabilities = activate(in_dtype(logits, dtype), activation);
    return {dice_loss(probabilities, counted, options, reduction), probabilities, counted,
            options.ignore_index};
  }
  for (const ObjectiveTerm& term : objective.terms) {
    require(reduction == nullptr || find_loss(term.loss).divides,
            "objective: the loss {} is not a function of sums over a divided batch", term.loss);
  }
  LossInputs inputs(complete, logits, counted, reduction);
  const Value loss = loss_sum(record_terms(complete, inputs));
  return {loss, inputs.probabilities(), counted, complete.ignore_index};
}

}  // namespace fpanet
