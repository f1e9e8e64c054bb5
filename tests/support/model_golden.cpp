#include "tests/support/model_golden.hpp"

#include <cmath>
#include <fstream>

#include "engine/core/layout.hpp"
#include "engine/weights/safetensors.hpp"
#include "tests/support/formula.hpp"
#include "tests/support/golden.hpp"

namespace fpanet::test {
namespace {

constexpr Index kLabelsUsed = 6;  // class 6 is absent on purpose

Device device_of(const Context& context) {
  const Cuda* cuda = std::get_if<Cuda>(&context);
  return cuda != nullptr ? Device::cuda(cuda->index) : Device::cpu();
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
  const Tensor host = ours.to(Device::cpu());
  const std::vector<double> a = to_row_major<double>(host.cast(DType::f64));
  const std::vector<double> b = theirs.values<double>();
  require(a.size() == b.size(), "golden: {} numbers here, {} there", a.size(), b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(a[i] - b[i]);
    if (std::isnan(difference)) return difference;
    worst = std::max(worst, difference);
  }
  return worst;
}

double l2_norm(const Tensor& tensor) {
  double sum = 0;
  const Tensor wide = tensor.to(Device::cpu()).cast(DType::f64);
  for (const double value : wide.span<double>()) sum += value * value;
  return std::sqrt(sum);
}

FormulaModel::FormulaModel(const ModelGolden& golden, const Context& context, DType dtype)
    : height(golden.height), width(golden.width), model(store, {}), arena(device_of(context)) {
  store.allocate(dtype, device_of(context), true);
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

void FormulaModel::fill(Program& program) const {
  program.images().copy_from(
      formula_tensor("input", {2, 3, height, width}, program.options().image_dtype));
  program.labels().copy_from(formula_labels("labels", {2, 1, height, width}, kLabelsUsed));
}

}  // namespace fpanet::test
