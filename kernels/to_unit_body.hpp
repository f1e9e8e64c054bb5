#pragma once

#include <cstdint>

#include "kernels/base/body.hpp"

namespace fpanet::kernels::body {

FPANET_HD inline float to_unit(std::uint8_t x) {
  return static_cast<float>(x) / 255.0F;
}

}  // namespace fpanet::kernels::body
