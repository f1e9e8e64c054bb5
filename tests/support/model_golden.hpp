#pragma once
// The whole network under formula weights, on any device, beside what PyTorch computed of it.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "engine/weights/state_dict.hpp"
#include "models/fpanet.hpp"
#include "models/program.hpp"

namespace fpanet::test {

struct ModelGolden {
  nlohmann::json numbers;
  StateDict tensors;
  Index height = 0, width = 0;
};

/// NAME.json and NAME.safetensors, or nothing when they are not at hand.
std::optional<ModelGolden> read_model_golden(const std::string& name);

/// Of the numbers one by one.
double max_difference(const Tensor& ours, const StateEntry& theirs);
double max_difference(const StateEntry& one, const StateEntry& other);
double mean_difference(const Tensor& ours, const StateEntry& theirs);
double l2_norm(const Tensor& tensor);

/// FPA-Net under formula weights with its programs at a golden's size. `twin`: in mixed precision.
struct FormulaModel {
  FormulaModel(const ModelGolden& golden, const Context& context, DType dtype,
               std::optional<DType> twin = {});
  FormulaModel(const FormulaModel&) = delete;
  FormulaModel& operator=(const FormulaModel&) = delete;

  /// Puts the golden's images and labels where the program reads them.
  void fill(Program& program) const;
  /// Prediction with batch norms folded; made on the first call.
  Program& predict();

  Index height, width;
  ParameterStore store;
  FPANet model;
  std::optional<AdamWState> optimizer;
  FoldedWeights folded;
  Arena arena;
  std::optional<Program> train, evaluate;

 private:
  std::optional<Program> predict_;
};

/// How far a program's results are from PyTorch's in evaluation mode (float32; running statistics) and in
/// training mode (float64; the batch's statistics).
struct ModelDistance {
  double evaluate = 0;  ///< probabilities, largest difference
  double predict = 0;   ///< the same with batch norms folded
  double train = 0;     ///< probabilities, largest difference
  double train_mean = 0;
  double loss = 0;
};
ModelDistance distance_from_golden(const ModelGolden& golden, FormulaModel& model);

}  // namespace fpanet::test
