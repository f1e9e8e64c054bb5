// Every op of the registry on every sample (tiny and odd shapes): the GPU against the CPU.

#include <doctest/doctest.h>

#include "tests/cuda/check_parity.hpp"
#include "tests/cuda/gpu.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet::test {
namespace {

bool is_product(const OpRecord& record) {
  return record.name == "conv2d" || record.name == "matmul";
}

void check_samples(DType dtype, const std::string& precision) {
  for (const OpRecord& record : op_registry()) {
    if (!record.why_no_cuda.empty()) continue;
    if (dtype == DType::bf16 && !record.why_no_bf16.empty()) continue;
    for (const OpSample& sample : record.samples) {
      for (const int uses : {1, 2}) {
        check_parity(record, sample,
                     {.suite = "samples",
                      .cuda = gpu(),
                      .dtype = dtype,
                      .precision = precision,
                      .tolerance = parity_tolerance(record.name, dtype),
                      .uses = uses});
      }
    }
  }
}

TEST_CASE("cuda ops: fp32 samples, forward and backward, used once and twice") {
  check_samples(DType::f32, "fp32");
}

TEST_CASE("cuda ops: bf16 samples, forward and backward, used once and twice") {
  check_samples(DType::bf16, "bf16");
}

TEST_CASE("cuda ops: convolutions and products of small integers are exact in fp32") {
  for (const OpRecord& record : op_registry()) {
    if (!is_product(record)) continue;
    for (const OpSample& sample : record.samples) {
      const bool winograd = uses_winograd(sample, {.context = gpu()});
      check_parity(record, sample,
                   {.suite = "integers",
                    .cuda = gpu(),
                    .tolerance = winograd ? kParityFloatProduct : 0,
                    .integers = true});
    }
  }
}

TEST_CASE("cuda ops: the same bits twice, eager, planned and as a replayed graph") {
  for (const OpRecord& record : op_registry()) {
    CAPTURE(record.name);
    if (!record.why_no_cuda.empty()) continue;
    for (const OpSample& sample : record.samples) {
      check_same_bits(sample, deterministic_gpu(), DType::f32);
      if (record.why_no_bf16.empty()) check_same_bits(sample, deterministic_gpu(), DType::bf16);
    }
  }
}

}  // namespace
}  // namespace fpanet::test
