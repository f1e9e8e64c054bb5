#pragma once
// The GPU that this program's tests run on: the first that can be used. main() opens it, or ends
// the program as skipped when there is none.

#include "engine/core/cuda_device.hpp"

namespace fpanet::test {

/// As users run it: fp32 without TF32, whichever library algorithm is fastest.
const Cuda& gpu();
/// The same GPU under --deterministic.
const Cuda& deterministic_gpu();
/// The same GPU under --precision tf32.
const Cuda& tf32_card();

}  // namespace fpanet::test
