#include "data/numpy_random.hpp"

#include <bit>
#include <utility>

namespace fpanet {

std::uint32_t NumpyRandom::interval(std::uint32_t max) {
  if (max == 0) return 0;
  const std::uint32_t mask = UINT32_MAX >> std::countl_zero(max);
  std::uint32_t value = 0;
  do {
    value = next_u32() & mask;
  } while (value > max);
  return value;
}

void NumpyRandom::shuffle(std::span<Index> values) {
  for (std::size_t i = values.size(); i-- > 1;) {
    std::swap(values[i], values[interval(static_cast<std::uint32_t>(i))]);
  }
}

}  // namespace fpanet
