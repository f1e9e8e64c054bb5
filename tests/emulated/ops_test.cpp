// The samples of the registry on an emulated GPU (kernels/cuda/emulated.hpp): outputs, gradients and states
// against those of the CPU. What libraries compute on a GPU, tests/support/emulated_*.cpp do.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "layers/gradcheck.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet {
namespace {

struct LeftBehind {
  std::string name;
  Tensor tensor;
};

std::vector<LeftBehind> run(const OpSample& sample, const Context& context) {
  const SampleRun run = record_sample(sample, context, Graph::Mode::eager, DType::f32);
  if (run.loss.defined()) run.graph->backward(run.loss);
  std::vector<LeftBehind> left;
  for (const Value output : run.outputs) {
    left.push_back({"output", run.graph->tensor(output)});
  }
  for (std::size_t i = 0; i < run.inputs.size(); ++i) {
    const SampleInput& input = sample.inputs[i];
    if (input.kind == SampleInput::Kind::state) {
      left.push_back({input.name, run.graph->tensor(run.inputs[i])});
    } else if (const auto gradient = run.graph->gradient(run.inputs[i])) {
      left.push_back({"d " + input.name, run.graph->tensor(*gradient)});
    }
  }
  return left;
}

/// Largest |a - b| / max(1, |b|).
double difference(const Tensor& a, const Tensor& b) {
  double worst = 0;
  const Tensor wide_a = a.to(Device::cpu()).cast(DType::f64);
  const Tensor wide_b = b.to(Device::cpu()).cast(DType::f64);
  for (Index i = 0; i < wide_a.shape().numel(); ++i) {
    const double value = wide_a.data<double>()[i], expected = wide_b.data<double>()[i];
    const double apart = std::abs(value - expected) / std::max(1.0, std::abs(expected));
    worst = std::isnan(apart) ? HUGE_VAL : std::max(worst, apart);
  }
  return worst;
}

TEST_CASE("ops: an emulated GPU gives the CPU's numbers, whatever the order of its threads") {
  for (const OpRecord& record : op_registry()) {
    CAPTURE(record.name);
    if (!record.why_no_cuda.empty()) continue;
    for (const OpSample& sample : record.samples) {
      CAPTURE(sample.name);
      const std::vector<LeftBehind> expected = run(sample, Cpu{1});
      for (const int gpu : {0, 1, 2}) {
        const std::vector<LeftBehind> left = run(sample, Cuda{gpu});
        REQUIRE(left.size() == expected.size());
        for (std::size_t i = 0; i < left.size(); ++i) {
          CAPTURE(left[i].name);
          CHECK(difference(left[i].tensor, expected[i].tensor) <= test::kKernelFloatProduct);
        }
      }
    }
  }
}

}  // namespace
}  // namespace fpanet
