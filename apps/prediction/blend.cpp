#include "apps/prediction/blend.hpp"

#include <algorithm>
#include <cassert>

namespace fpanet {

Blend::Blend(const WindowPlan& plan, Index classes, int threads)
    : plan_(plan),
      classes_(classes),
      threads_(threads),
      sums_(static_cast<std::size_t>(std::min(plan.rows.size(), plan.rows.length()) *
                                     plan.columns.length() * classes)) {}

std::span<float> Blend::row_of(Index y) {
  const Index rows = std::min(plan_.rows.size(), plan_.rows.length());
  const Index values = plan_.columns.length() * classes_;
  return {sums_.data() + y % rows * values, static_cast<std::size_t>(values)};
}

void Blend::begin(Index row) {
  row_ = row;
  std::ranges::fill(sums_, 0.0F);
}

void Blend::add(Index column, std::span<const float> probabilities) {
  assert(static_cast<Index>(probabilities.size()) ==
         plan_.rows.size() * plan_.columns.size() * classes_);
  const Window window = plan_.at(row_, column);
  const std::vector<float>& down = plan_.rows.weights(row_);
  const std::vector<float>& across = plan_.columns.weights(column);
  const Index classes = classes_;
#pragma omp parallel for num_threads(threads_)
  for (Index y = 0; y < window.height; ++y) {
    const float* from = probabilities.data() + y * plan_.columns.size() * classes;
    float* to = row_of(window.top + y).data() + window.left * classes;
    for (Index x = 0; x < window.width; ++x) {
      const float weight = down[static_cast<std::size_t>(y)] * across[static_cast<std::size_t>(x)];
      for (Index k = 0; k < classes; ++k) *to++ += weight * *from++;
    }
  }
}

void Blend::take(const std::function<void(Index y, std::span<const float> values)>& f) {
  const Index end = plan_.rows.finished(row_);
  for (Index y = plan_.rows.start(row_); y < end; ++y) {
    const std::span<float> row = row_of(y);
    f(y, row);
    std::ranges::fill(row, 0.0F);
  }
  ++row_;
}

}  // namespace fpanet
