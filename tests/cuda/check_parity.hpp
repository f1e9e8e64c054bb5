#pragma once
// One sample on the GPU against the CPU's double: compared, logged and checked.

#include <string>

#include "tests/support/parity.hpp"

namespace fpanet::test {

struct ParityCheck {
  std::string suite;
  Cuda cuda;
  DType dtype = DType::f32;
  std::string precision = "fp32";
  double tolerance = 0;
  int uses = 1;
  bool integers = false;
};

/// Fails the running test for every tensor beyond the tolerance, and for whatever is thrown.
void check_parity(const OpRecord& record, const OpSample& sample, const ParityCheck& check);
/// Every way to run leaves the same bits, and so does a second run.
void check_same_bits(const OpSample& sample, const Cuda& cuda, DType dtype);

/// True when one of the nodes runs through Winograd's transforms, which round.
bool uses_winograd(const OpSample& sample, const SampleRunOptions& options);

}  // namespace fpanet::test
