#include "layers/dct.hpp"
#include "layers/high_pass.hpp"
#include "layers/samples.hpp"

namespace fpanet::samples {

std::vector<OpRecord> frequency_records() {
  const auto build = [](Value (*op)(Value)) {
    return [op](const std::vector<Value>& in) -> std::vector<Value> { return {op(in[0])}; };
  };
  const OpRecord high_pass_record{
      .name = "high_pass",
      .backward_ops = {"high_pass"},
      .samples = {{"smallest", {real("x", {1, 1, 11, 11})}, build(high_pass)},
                  {"odd", {real("x", {2, 3, 13, 12})}, build(high_pass)}},
      .errors = {{[](Graph& g) {
                    high_pass(dummy(g, {1, 3, 10, 64}));
                  },
                  "high_pass: x=(1,3,10,64) must be at least 11 pixels high and wide"}},
      .why_no_bf16 = "it computes in f32, and what enters the encoder is cast after it"};
  const OpRecord dct_record{
      .name = "dct2d",
      .backward_ops = {"dct2d"},
      .samples = {{"forward", {real("x", {2, 3, 4, 5})}, build(dct2d)},
                  {"inverse", {real("x", {2, 3, 4, 5})}, build(idct2d)},
                  {"one pixel", {real("x", {1, 1, 1, 1})}, build(dct2d)}},
      .errors = {{[](Graph& g) {
                    dct2d(dummy(g, {3, 4}));
                  },
                  "dct2d: x=(3,4) is not (N,C,H,W) with sizes of at least 1"}},
      .why_no_bf16 = "a transform of images, which are f32"};
  return {high_pass_record, dct_record};
}

}  // namespace fpanet::samples
