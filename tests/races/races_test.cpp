// No kernel of the registry's samples relies on an order that a GPU does not guarantee.

#include <doctest/doctest.h>

#include "layers/registry.hpp"
#include "tests/races/access_log.hpp"
#include "tests/support/parity.hpp"
#include "tests/support/racy_kernels.hpp"

namespace fpanet::test {
namespace {

TEST_CASE("races: kernels that have one are caught, by kind") {
  take_races();
  run_racy_kernel(RacyKernel::none);
  CHECK(take_races() == "");
  run_racy_kernel(RacyKernel::missing_barrier);
  CHECK(take_races() ==
        "racy: a read of what is written by two threads without a barrier; "
        "racy: a write of what is read by two threads without a barrier");
  run_racy_kernel(RacyKernel::one_word);
  CHECK(take_races() == "racy: two writes by two threads without a barrier");
  run_racy_kernel(RacyKernel::neighbour_block);
  CHECK(take_races() == "racy: a read of what is written by two blocks");
  run_racy_kernel(RacyKernel::vector_of_neighbour);
  CHECK(take_races() == "racy: a read of what is written by two blocks");
  run_racy_kernel(RacyKernel::atomic);
  CHECK(take_races() == "");
}

TEST_CASE("races: no op of the registry has one, forward or backward, in fp32 and bf16") {
  for (const OpRecord& record : op_registry()) {
    CAPTURE(record.name);
    if (!record.why_no_cuda.empty()) continue;
    for (const DType dtype : {DType::f32, DType::bf16}) {
      if (dtype == DType::bf16 && !record.why_no_bf16.empty()) continue;
      for (const OpSample& sample : record.samples) {
        CAPTURE(sample.name);
        run_sample(sample, {.context = Cuda{0}, .rounded_to = dtype, .computed_in = dtype});
        CHECK(take_races() == "");
      }
    }
  }
  CHECK(recorded_accesses() > 100000);
}

}  // namespace
}  // namespace fpanet::test
