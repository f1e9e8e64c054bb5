#include <algorithm>

#include "engine/core/error.hpp"
#include "layers/cast.hpp"
#include "layers/class_sums.hpp"
#include "layers/dispatch.hpp"
#include "layers/softmax.hpp"
#include "models/losses/loss.hpp"

namespace fpanet {

DType LossInputs::dtype() const {
  return real_dtype(logits_.dtype());
}

std::vector<double> LossInputs::class_weights() const {
  std::vector<double> weights = objective_.class_weights;
  if (objective_.ignored_classes.empty()) return weights;
  weights.resize(static_cast<std::size_t>(classes()), 1.0);
  for (const Index ignored : objective_.ignored_classes) {
    weights[static_cast<std::size_t>(ignored)] = 0;
  }
  return weights;
}

bool LossInputs::shares_class_sums() const {
  const auto needs_sums = [](const ObjectiveTerm& term) {
    return find_loss(term.loss).of_class_sums;
  };
  return reduction_ != nullptr || std::ranges::count_if(objective_.terms, needs_sums) > 1;
}

Value LossInputs::probabilities() {
  if (!probabilities_.defined()) probabilities_ = softmax(in_dtype(logits_, dtype()));
  return probabilities_;
}

Value LossInputs::class_sums() {
  if (!sums_.defined()) {
    const SoftmaxClassSums end = softmax_class_sums(logits_, labels_, objective_.ignore_index);
    set_probabilities(end.probabilities);
    sums_ = total(end.sums);
  }
  return sums_;
}

Value LossInputs::total(Value sums) const {
  return reduction_ != nullptr ? reduction_->total(sums) : sums;
}

}  // namespace fpanet
