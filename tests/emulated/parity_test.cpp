// The harness of the CUDA tests on an emulated card: bf16 as well as fp32, planned as well as
// eager, an input used once and twice. What a card will be asked, as far as no library is needed.

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "layers/gradcheck.hpp"
#include "tests/support/parity.hpp"

namespace fpanet::test {
namespace {

/// Samples that run through cuDNN.
bool needs_a_card(const OpSample& sample) {
  const SampleRun run = record_sample(sample, Cpu{1}, Graph::Mode::record, DType::f32);
  return std::any_of(run.graph->nodes().begin(), run.graph->nodes().end(),
                     [](const Node& node) { return node.op->name().starts_with("conv2d"); });
}

void check_emulated(DType dtype) {
  std::set<std::string> tried;
  for (const OpRecord& record : op_registry()) {
    CAPTURE(record.name);
    if (!record.why_no_cuda.empty()) continue;
    if (dtype == DType::bf16 && !record.why_no_bf16.empty()) continue;
    for (const OpSample& sample : record.samples) {
      CAPTURE(sample.name);
      if (needs_a_card(sample)) continue;
      tried.insert(record.name);
      for (const int uses : {1, 2}) {
        CAPTURE(uses);
        const SampleRunOptions emulated{
            .context = Cuda{0}, .rounded_to = dtype, .computed_in = dtype, .uses = uses};
        const auto eager = run_sample(sample, emulated);
        const auto reference =
            run_sample(sample, {.rounded_to = dtype, .computed_in = DType::f64, .uses = uses});
        for (const ParityError& e : compare(eager, reference, parity_floor(record.name))) {
          CAPTURE(e.tensor);
          CAPTURE(e.where);
          CAPTURE(e.actual);
          CAPTURE(e.reference);
          CHECK(e.error <= parity_tolerance(record.name, dtype));
        }
        SampleRunOptions planned = emulated;
        planned.execution = Execution::planned;
        CHECK(unequal(eager, run_sample(sample, planned)) == std::vector<std::string>{});
      }
    }
  }
  CHECK(tried.size() >= 15);
}

TEST_CASE("parity: fp32 samples on an emulated card") {
  check_emulated(DType::f32);
}

TEST_CASE("parity: bf16 samples on an emulated card") {
  check_emulated(DType::bf16);
}

}  // namespace
}  // namespace fpanet::test
