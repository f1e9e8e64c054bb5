#pragma once

#include <cstdint>

#include "engine/core/index.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels::body {

template <class T>
FPANET_HD inline std::int32_t argmax(const T* x, Index cols) {
  Index best = 0;
  for (Index c = 1; c < cols; ++c) {
    if (static_cast<Real<T>>(x[c]) > static_cast<Real<T>>(x[best])) best = c;
  }
  return static_cast<std::int32_t>(best);
}

}  // namespace fpanet::kernels::body
