#pragma once
// The card that this program's tests run on: the first that can be used. main() opens it, or ends
// the program as skipped when there is none.

#include "engine/core/cuda_device.hpp"

namespace fpanet::test {

/// As users run it: fp32 without TF32, whichever library algorithm is fastest.
const Cuda& card();
/// The same card under --deterministic.
const Cuda& deterministic_card();
/// The same card under --precision tf32.
const Cuda& tf32_card();

}  // namespace fpanet::test
