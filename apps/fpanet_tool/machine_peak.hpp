#pragma once

#include "engine/core/device.hpp"
#include "engine/core/dtype.hpp"

namespace fpanet {

/// What this machine can do at best, measured.
struct MachinePeak {
  double flops = 0;  ///< operations a second of a matrix product
  double bytes = 0;  ///< bytes a second, read and written, of an element-wise sweep over memory
};

/// With the threads of `cpu`; the product is the convolutions' own in L1, of float, or for bf16 of bfloat16
/// pairs. Takes about a second and 256 MiB.
MachinePeak measure_machine_peak(const Cpu& cpu, DType dtype);
/// The same on a GPU; the product is a large one of cuBLASLt's in `dtype`, f32 or bf16 (TF32 where the
/// context allows it). Takes about a second and 1 GiB.
MachinePeak measure_machine_peak(const Cuda& cuda, DType dtype);

}  // namespace fpanet
