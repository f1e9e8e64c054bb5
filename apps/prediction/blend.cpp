#include "apps/prediction/blend.hpp"

#include <algorithm>
#include <cassert>

namespace fpanet {
Blend::Blend(const WindowPlan& plan, Index classes, int threads)
    : plan_(plan),
      classes_(classes),
      threads_(threads),
      sums_(Tensor::zeros(
          {std::min(plan.rows.size(), plan.rows.length()), plan.columns.length(), classes},
          DType::f32)) {}

std::span<float> Blend::row_of(Index y) {
  const Index rows = sums_.shape()[0], values = plan_.columns.length() * classes_;
  return sums_.span<float>().subspan(static_cast<std::size_t>(y % rows * values),
                                     static_cast<std::size_t>(values));
}

void Blend::begin(Index row) {
  row_ = row;
  std::ranges::fill(sums_.span<float>(), 0.0F);
}

void Blend::add(std::span<const Index> columns, std::span<const float> probabilities) {
  const Index row_values = plan_.columns.size() * classes_;
  const Index window_values = plan_.rows.size() * row_values;
  assert(std::ssize(probabilities) == std::ssize(columns) * window_values);
  spread_.clear();
  for (const Index column : columns) {
    const std::vector<float>& across = plan_.columns.weights(column);
    for (Index i = 0; i < row_values; ++i) {
      const Index x = std::min(i / classes_, std::ssize(across) - 1);
      spread_.push_back(across[static_cast<std::size_t>(x)]);
    }
  }
  const std::vector<float>& down = plan_.rows.weights(row_);
  const Index top = plan_.rows.start(row_);
  // Neighbouring windows row by row: the memory of the sums is read and written in long runs.
#pragma omp parallel for num_threads(threads_)
  for (Index y = 0; y < std::ssize(down); ++y) {
    const float weight = down[static_cast<std::size_t>(y)];
    float* const sums = row_of(top + y).data();
    for (std::size_t w = 0; w < columns.size(); ++w) {
      const auto window = static_cast<Index>(w);
      const float* const from = probabilities.data() + window * window_values + y * row_values;
      const float* const spread = spread_.data() + window * row_values;
      const Index left = plan_.columns.start(columns[w]), right = plan_.columns.end(columns[w]);
      float* const to = sums + left * classes_;
#pragma omp simd
      for (Index i = 0; i < (right - left) * classes_; ++i) to[i] += weight * spread[i] * from[i];
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
