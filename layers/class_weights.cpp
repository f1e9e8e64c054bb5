#include "layers/class_weights.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/core/error.hpp"

namespace fpanet {
namespace {

void check_weights(std::string_view op, const std::vector<double>& weights, Index classes) {
  if (weights.empty()) return;
  require(std::ssize(weights) == classes, "{}: {} class weights are given for {} classes", op,
          weights.size(), classes);
  for (std::size_t c = 0; c < weights.size(); ++c) {
    require(weights[c] >= 0 && std::isfinite(weights[c]), "{}: the weight of class {} is {}", op, c,
            weights[c]);
  }
  require(std::ranges::any_of(weights, [](double weight) { return weight > 0; }),
          "{}: all class weights are 0", op);
}

}  // namespace

std::vector<double> class_shares(std::string_view op, const std::vector<double>& weights,
                                 Index classes) {
  check_weights(op, weights, classes);
  if (weights.empty()) {
    return std::vector<double>(static_cast<std::size_t>(classes), 1 / static_cast<double>(classes));
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> shares;
  for (const double weight : weights) shares.push_back(weight / sum);
  return shares;
}

Value class_weights_constant(Graph& graph, std::string_view op, const std::vector<double>& weights,
                             Index classes) {
  check_weights(op, weights, classes);
  const Tensor tensor = Tensor::empty({classes}, DType::f64);
  if (weights.empty()) {
    std::ranges::fill(tensor.span<double>(), 1.0);
  } else {
    std::ranges::copy(weights, tensor.span<double>().begin());
  }
  return graph.constant("class weights", tensor.to(graph.device()));
}

}  // namespace fpanet
