#pragma once
// The whole network under formula weights, on any device, beside what PyTorch computed of it.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "engine/weights/state_dict.hpp"
#include "models/program.hpp"

namespace fpanet::test {

struct ModelGolden {
  nlohmann::json numbers;
  StateDict tensors;
  Index height = 0, width = 0;
};

/// NAME.json and NAME.safetensors, or nothing when they are not at hand.
std::optional<ModelGolden> read_model_golden(const std::string& name);

double max_difference(const Tensor& ours, const StateEntry& theirs);
double l2_norm(const Tensor& tensor);

/// FPA-Net under formula weights with its training and evaluation programs at a golden's size.
struct FormulaModel {
  FormulaModel(const ModelGolden& golden, const Context& context, DType dtype);
  FormulaModel(const FormulaModel&) = delete;
  FormulaModel& operator=(const FormulaModel&) = delete;

  /// Puts the golden's images and labels where the program reads them.
  void fill(Program& program) const;

  Index height, width;
  ParameterStore store;
  FPANet model;
  std::optional<AdamWState> optimizer;
  Arena arena;
  std::optional<Program> train, evaluate;
};

}  // namespace fpanet::test
