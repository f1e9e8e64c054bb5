#pragma once
// Networks under formula weights beside what PyTorch computed of them: U-Net and FPA-Net with parts
// changed. The repository has every 61st number of the tensors, ../shared/goldens2 has all.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/weights/state_dict.hpp"
#include "models/program.hpp"

namespace fpanet::test {

struct NetworkGolden {
  std::string name;
  NetworkConfig config;
  Index height = 0, width = 0;
  std::string input, labels;  ///< names of the formula values
  Index labels_used = 0;
  nlohmann::ordered_json numbers;                               ///< loss_float64, grad_l2_float64
  std::vector<double> evaluate = {}, train = {};                ///< probabilities
  std::vector<double> evaluate_logits = {}, train_logits = {};  ///< where they are known
  std::vector<double> averaged = {};  ///< probabilities over the eight symmetries, where known
  Index step = 1;                     ///< of the tensors' numbers, every step-th is here
};

/// U-Net and the six variants of FPA-Net.
std::vector<NetworkGolden> network_goldens();

/// The largest differences from a golden, in evaluation and in training mode.
struct NetworkDistance {
  double evaluate = 0, train = 0;  ///< probabilities
  double predict = 0;              ///< those of evaluation, with batch norms folded
  double evaluate_logits = 0, train_logits = 0;
  double averaged = 0;  ///< probabilities averaged over the eight symmetries
  double loss = 0;
  /// Of gradients' L2 norms, relative; PAB's 1x1 convolutions apart.
  double gradient = 0, gradient_pab = 0;
  std::vector<std::string> wrong_gradients;  ///< there without being expected, or the reverse
};
NetworkDistance distance(const NetworkGolden& golden, const Context& context, DType dtype);

}  // namespace fpanet::test
