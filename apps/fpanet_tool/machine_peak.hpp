#pragma once

#include "engine/core/device.hpp"

namespace fpanet {

/// What this machine can do at best with some threads, measured.
struct MachinePeak {
  double flops = 0;  ///< float operations a second: the convolutions' own matrix product, in L1
  double bytes = 0;  ///< bytes a second, read and written, of an element-wise sweep over memory
};

/// Takes about a second and 256 MiB.
MachinePeak measure_machine_peak(const Cpu& cpu);

}  // namespace fpanet
