#pragma once
// Every op with the inputs that the tests run it on. One table drives the gradient check, eager
// against planned execution, thread counts, fan-out, error messages, CPU against CUDA, and the
// search for missing Cuda halves. docs/adding-an-op.md adds an op from the kernel to its record.

#include <functional>
#include <string>
#include <vector>

#include "engine/graph/graph.hpp"

namespace fpanet {

/// One input of a sample. Floating inputs get the dtype that a test asks for.
struct SampleInput {
  enum class Kind : std::uint8_t {
    variable,  ///< floating, its gradient is checked
    fixed,     ///< an input without a gradient
    state,     ///< changed in place by the op
  };

  std::string name;
  Kind kind = Kind::variable;
  Shape shape;
  DType dtype = DType::f64;  ///< f64 stands for the requested floating dtype; others are kept
  std::vector<double> values = {};  ///< in memory order
  bool keeps_dtype = false;         ///< f64 means f64 (optimizer scalars)
  /// f32 when bf16 is requested: biases, affine parameters, running statistics.
  bool stays_real = false;
  /// When bf16 is requested: a bf16 twin of an f32 parameter, whose gradient is f32.
  bool has_twin = false;
};

struct OpSample {
  std::string name;
  std::vector<SampleInput> inputs;
  /// Records the op(s); returns the outputs that are checked.
  std::function<std::vector<Value>(const std::vector<Value>&)> build;
};

struct OpErrorSample {
  std::function<void(Graph&)> build;  ///< must throw Error ...
  std::string message;                ///< ... with this text
};

struct OpRecord {
  std::string name;
  std::vector<std::string> backward_ops = {};  ///< names of the ops that its backward records
  std::vector<OpSample> samples = {};
  std::vector<OpErrorSample> errors = {};
  std::string why_no_gradient = {};  ///< empty: gradients are checked
  std::string why_no_bf16 = {};      ///< empty: it runs in bf16
  std::string why_no_cuda = {};      ///< empty: it runs on CUDA
  /// "layers/samples_loss.cpp", for messages; op_registry() fills it in.
  std::string file = {};
};

/// Sorted by name.
const std::vector<OpRecord>& op_registry();

}  // namespace fpanet
