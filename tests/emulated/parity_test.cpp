// The harness of the CUDA tests on an emulated GPU: bf16 as well as fp32, planned and
// replayed as well as eager, an input used once and twice. What a GPU will be asked.

#include <doctest/doctest.h>

#include "layers/gradcheck.hpp"
#include "tests/support/parity.hpp"

namespace fpanet::test {
namespace {

void check_emulated(DType dtype) {
  for (const OpRecord& record : op_registry()) {
    CAPTURE(record.name);
    if (!record.why_no_cuda.empty()) continue;
    if (dtype == DType::bf16 && !record.why_no_bf16.empty()) continue;
    for (const OpSample& sample : record.samples) {
      CAPTURE(sample.name);
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
        for (const Execution execution : {Execution::planned, Execution::replayed}) {
          SampleRunOptions otherwise = emulated;
          otherwise.execution = execution;
          CHECK(unequal(eager, run_sample(sample, otherwise)) == std::vector<std::string>{});
        }
      }
    }
  }
}

TEST_CASE("parity: fp32 samples on an emulated GPU") {
  check_emulated(DType::f32);
}

TEST_CASE("parity: bf16 samples on an emulated GPU") {
  check_emulated(DType::bf16);
}

}  // namespace
}  // namespace fpanet::test
