#include "engine/core/layout.hpp"

#include <algorithm>

namespace fpanet {

namespace {

/// Calls move(row_major_index, channels_last_index) for every element of a rank-4 shape.
template <class F>
void for_each_rank4(const Shape& shape, F&& move) {
  const Index n = shape[0], c = shape[1], hw = shape[2] * shape[3];
  for (Index in = 0; in < n; ++in) {
    for (Index ic = 0; ic < c; ++ic) {
      for (Index p = 0; p < hw; ++p) move((in * c + ic) * hw + p, (in * hw + p) * c + ic);
    }
  }
}

}  // namespace

template <class T>
void from_row_major(std::span<const T> values, const Tensor& tensor) {
  const std::span<T> memory = tensor.span<T>();
  require(values.size() == memory.size(), "layout: {} values for a tensor of shape {}",
          values.size(), tensor.shape());
  if (tensor.shape().rank() != 4) {
    std::copy(values.begin(), values.end(), memory.begin());
    return;
  }
  for_each_rank4(tensor.shape(), [&](Index row_major, Index channels_last) {
    memory[static_cast<std::size_t>(channels_last)] = values[static_cast<std::size_t>(row_major)];
  });
}

template <class T>
std::vector<T> to_row_major(const Tensor& tensor) {
  const std::span<T> memory = tensor.span<T>();
  std::vector<T> values(memory.begin(), memory.end());
  if (tensor.shape().rank() == 4) {
    for_each_rank4(tensor.shape(), [&](Index row_major, Index channels_last) {
      values[static_cast<std::size_t>(row_major)] = memory[static_cast<std::size_t>(channels_last)];
    });
  }
  return values;
}

#define FPANET_LAYOUT(T)                                              \
  template void from_row_major<T>(std::span<const T>, const Tensor&); \
  template std::vector<T> to_row_major<T>(const Tensor&);
FPANET_LAYOUT(float)
FPANET_LAYOUT(double)
FPANET_LAYOUT(bfloat16)
FPANET_LAYOUT(std::uint8_t)
FPANET_LAYOUT(std::int32_t)
FPANET_LAYOUT(std::int64_t)
FPANET_LAYOUT(std::uint16_t)
FPANET_LAYOUT(std::int16_t)
#undef FPANET_LAYOUT

}  // namespace fpanet
