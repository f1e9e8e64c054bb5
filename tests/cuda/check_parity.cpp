#include "tests/cuda/check_parity.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/cuda/parity_log.hpp"

namespace fpanet::test {

void check_parity(const OpRecord& record, const OpSample& sample, const ParityCheck& check) {
  CAPTURE(record.name);
  CAPTURE(sample.name);
  CAPTURE(check.precision);
  CAPTURE(check.uses);
  try {
    const SampleRunOptions reference{.context = Cpu{default_threads()},
                                     .rounded_to = check.dtype,
                                     .computed_in = DType::f64,
                                     .uses = check.uses,
                                     .integers = check.integers};
    const SampleRunOptions actual{.context = check.cuda,
                                  .rounded_to = check.dtype,
                                  .computed_in = check.dtype,
                                  .uses = check.uses,
                                  .integers = check.integers};
    const auto errors = compare(run_sample(sample, actual), run_sample(sample, reference),
                                parity_floor(record.name));
    CHECK_FALSE((errors.empty() && record.why_no_gradient.empty()));
    for (const ParityError& e : errors) {
      CAPTURE(e.tensor);
      CAPTURE(e.where);
      CAPTURE(e.actual);
      CAPTURE(e.reference);
      const bool ok = e.error <= check.tolerance;
      CHECK(e.error <= check.tolerance);
      log_parity({check.suite, record.name, sample.name, check.precision, e.tensor, e.error,
                  check.tolerance, ok});
    }
  } catch (const std::exception& error) {
    FAIL_CHECK(error.what());
    log_parity({check.suite, record.name, sample.name, check.precision, error.what(), -1,
                check.tolerance, false});
  }
}

void check_same_bits(const OpSample& sample, const Cuda& cuda, DType dtype) {
  CAPTURE(sample.name);
  CAPTURE(name_of(dtype));
  try {
    const auto run = [&](Execution execution) {
      return run_sample(
          sample,
          {.context = cuda, .rounded_to = dtype, .computed_in = dtype, .execution = execution});
    };
    const std::vector<std::string> none;
    const auto eager = run(Execution::eager);
    CHECK(unequal(eager, run(Execution::eager)) == none);
    CHECK(unequal(eager, run(Execution::planned)) == none);
    CHECK(unequal(eager, run(Execution::replayed)) == none);
  } catch (const std::exception& error) {
    FAIL_CHECK(error.what());
  }
}

bool uses_winograd(const OpSample& sample, const SampleRunOptions& options) {
  const auto names = implementations(sample, options);
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name.find("winograd") != std::string::npos;
  });
}

}  // namespace fpanet::test
