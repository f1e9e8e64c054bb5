#pragma once
// What the parity tests measured, for scripts/gpu_record.py: one JSON object a line in the file
// that the environment variable FPANET_PARITY_LOG names. Nothing without it.

#include <string>

namespace fpanet::test {

struct ParityRow {
  std::string suite;   ///< "samples", "real shapes", "model", ...
  std::string op;      ///< of the registry, or what was run
  std::string sample;  ///< and on what
  std::string precision;
  std::string tensor;
  double error = 0;
  double tolerance = 0;
  bool ok = false;
};

/// Appends at once, so that a crash loses nothing.
void log_parity(const ParityRow& row);

}  // namespace fpanet::test
