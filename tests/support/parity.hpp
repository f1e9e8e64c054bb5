#pragma once
// Runs a sample of the op registry on a context, and compares what two runs leave behind: the
// harness of the CUDA tests. It knows contexts, not GPUs, so that tests/parity can try it on a
// machine without one.

#include <string>
#include <vector>

#include "layers/registry.hpp"

namespace fpanet::test {

/// The three ways to run a program. All give the same bits.
enum class Execution : std::uint8_t {
  eager,     ///< each node as it is recorded
  planned,   ///< planned memory, node by node
  replayed,  ///< planned, run three times: on a GPU the second run is captured as a CUDA graph,
             ///< the third replays it
};

struct SampleRunOptions {
  Context context = Cpu{1};
  DType rounded_to = DType::f32;   ///< what floating inputs and incoming gradients are rounded to
  DType computed_in = DType::f32;  ///< rounded_to; or f64 for a reference on the same numbers
  Execution execution = Execution::eager;
  int uses = 1;           ///< >1: the op is recorded that often on the same inputs
  bool integers = false;  ///< small integers instead of the sample's numbers
};

/// One tensor that a run leaves behind, on the CPU: "output 0", "d x", "running_mean".
struct LeftBehind {
  std::string name;
  Tensor tensor;
};

/// Forward, and backward from fixed incoming gradients that no arithmetic has touched.
/// In record mode memory starts as NaN, so what is read before it is written shows.
std::vector<LeftBehind> run_sample(const OpSample& sample, const SampleRunOptions& options);

/// Which kernels the nodes of a sample would use there: "conv2d: winograd", ...
std::vector<std::string> implementations(const OpSample& sample, const SampleRunOptions& options);

/// Largest |actual - reference| over max(largest |reference|, floor). Integers count as 0
/// when all are equal, else as infinity; so does a NaN, and a shape or a name that differs.
struct ParityError {
  std::string tensor;
  double error = 0;
  std::size_t where = 0;  ///< element with the largest difference, in memory order
  double actual = 0, reference = 0;
};

std::vector<ParityError> compare(const std::vector<LeftBehind>& actual,
                                 const std::vector<LeftBehind>& reference, double floor);
/// Names of the tensors whose bits differ.
std::vector<std::string> unequal(const std::vector<LeftBehind>& a,
                                 const std::vector<LeftBehind>& b);

/// What tests/support/tolerances.hpp says of an op of the registry in f32 or bf16.
double parity_tolerance(const std::string& op, DType dtype);
double parity_floor(const std::string& op);

}  // namespace fpanet::test
