#include "tests/support/model_golden.hpp"

#include <cmath>
#include <fstream>

#include "engine/core/layout.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "tests/support/formula.hpp"
#include "tests/support/golden.hpp"

namespace fpanet::test {
namespace {

constexpr Index kLabelsUsed = 6;  // class 6 is absent on purpose

Device device_of(const Context& context) {
  const Cuda* cuda = std::get_if<Cuda>(&context);
  return cuda != nullptr ? Device::cuda(cuda->index) : Device::cpu();
}

std::vector<double> differences(std::vector<double> a, const StateEntry& theirs) {
  const std::vector<double> b = theirs.values<double>();
  require(a.size() == b.size(), "golden: {} numbers here, {} there", a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = std::abs(a[i] - b[i]);
  return a;
}

std::vector<double> values(const Tensor& ours) {
  return to_row_major<double>(ours.to(Device::cpu()).cast(DType::f64));
}

double largest(const std::vector<double>& differences) {
  double worst = 0;
  for (const double difference : differences) {
    if (std::isnan(difference)) return difference;
    worst = std::max(worst, difference);
  }
  return worst;
}

}  // namespace

std::optional<ModelGolden> read_model_golden(const std::string& name) {
  const auto json = golden_path(name + ".json");
  const auto tensors = golden_path(name + ".safetensors");
  if (!json || !tensors) return std::nullopt;
  ModelGolden golden;
  golden.numbers = nlohmann::json::parse(std::ifstream(*json));
  golden.tensors = read_safetensors(*tensors).tensors;
  golden.height = golden.numbers.at("height");
  golden.width = golden.numbers.at("width");
  return golden;
}

double max_difference(const Tensor& ours, const StateEntry& theirs) {
  return largest(differences(values(ours), theirs));
}

double max_difference(const StateEntry& one, const StateEntry& other) {
  return largest(differences(one.values<double>(), other));
}

double mean_difference(const Tensor& ours, const StateEntry& theirs) {
  const std::vector<double> all = differences(values(ours), theirs);
  double sum = 0;
  for (const double difference : all) sum += difference;
  return sum / static_cast<double>(all.size());
}

double l2_norm(const Tensor& tensor) {
  double sum = 0;
  const Tensor wide = tensor.to(Device::cpu()).cast(DType::f64);
  for (const double value : wide.span<double>()) sum += value * value;
  return std::sqrt(sum);
}

FormulaModel::FormulaModel(const ModelGolden& golden, const Context& context, DType dtype,
                           std::optional<DType> twin)
    : height(golden.height), width(golden.width), model(store, {}), arena(device_of(context)) {
  store.allocate(dtype, device_of(context), true);
  if (twin) store.allocate_twin(*twin);
  fill_with_formula(store);
  optimizer.emplace(store, 1e-4);
  ProgramOptions options{.kind = ProgramKind::train,
                         .batch = 2,
                         .height = height,
                         .width = width,
                         .image_dtype = dtype,
                         .keep_probabilities = true};
  train.emplace(context, model, &*optimizer, store, options);
  options.kind = ProgramKind::evaluate;
  evaluate.emplace(context, model, nullptr, store, options);
  arena.reserve(train->plan());
  for (Program* program : {&*train, &*evaluate}) {
    program->bind(arena);
    fill(*program);
  }
}

Program& FormulaModel::predict() {
  if (!predict_) {
    ProgramOptions options = evaluate->options();
    options.kind = ProgramKind::predict;
    predict_.emplace(train->graph().context(), model, nullptr, store, options, &folded);
    predict_->bind(arena);
    fill(*predict_);
  }
  return *predict_;
}

void FormulaModel::fill(Program& program) const {
  program.images().copy_from(
      formula_tensor("input", {2, 3, height, width}, program.options().image_dtype));
  if (program.options().kind == ProgramKind::predict) return;
  program.labels().copy_from(formula_labels("labels", {2, 1, height, width}, kLabelsUsed));
}

ModelDistance distance_from_golden(const ModelGolden& golden, FormulaModel& model) {
  ModelDistance far;
  const StateEntry& evaluated = golden.tensors.at("probs_eval_before");
  model.evaluate->run();
  far.evaluate = max_difference(model.evaluate->probabilities(), evaluated);
  model.predict().run();
  far.predict = max_difference(model.predict().probabilities(), evaluated);
  const StateEntry& trained = golden.tensors.at("probs_train_float64");
  model.train->run();
  far.train = max_difference(model.train->probabilities(), trained);
  far.train_mean = mean_difference(model.train->probabilities(), trained);
  far.loss = std::abs(model.train->loss() - golden.numbers.at("loss_float64").get<double>());
  return far;
}

}  // namespace fpanet::test
