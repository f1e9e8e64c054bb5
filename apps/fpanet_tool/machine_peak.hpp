#pragma once

#include "engine/core/device.hpp"
#include "engine/core/dtype.hpp"

namespace fpanet {

/// The measured peak performance of this machine.
struct MachinePeak {
  double flops = 0;  ///< operations per second of a matrix product
  double bytes = 0;  ///< bytes per second, read and written, of an element-wise sweep over memory
};

/// Measures with the threads of `cpu`. The product is the inner loop of the convolutions, with
/// factors in L1: of floats or, for bf16, of pairs of bfloat16. Takes about a second and 256 MiB.
MachinePeak measure_machine_peak(const Cpu& cpu, DType dtype);
/// Measures on a GPU. The product is a large one by cuBLASLt in `dtype`, f32 or bf16 (in TF32 if
/// the context allows it). Takes about a second and 1 GiB.
MachinePeak measure_machine_peak(const Cuda& cuda, DType dtype);

}  // namespace fpanet
