#pragma once
// The GPU that this program's tests run on: the first that can be used. main() opens it, or ends
// the program as skipped when there is none.

#include <string>

#include "engine/core/cuda_device.hpp"

namespace fpanet::test {

/// As users run it: fp32 without TF32, whichever library algorithm is fastest. With the environment
/// variable FPANET_TEST_DETERMINISTIC it is deterministic_gpu(), so that nothing is measured.
const Cuda& gpu();
/// The same GPU under --deterministic.
const Cuda& deterministic_gpu();
/// The same GPU under --precision tf32.
const Cuda& tf32_gpu();

/// Says why the running test case is skipped. The program then ends with status 77 unless another
/// test case fails: what has not run has not passed.
void skip(const std::string& reason);

}  // namespace fpanet::test
