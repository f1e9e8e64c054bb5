#include "layers/activation.hpp"
#include "layers/add.hpp"
#include "layers/bias_add.hpp"
#include "layers/cast.hpp"
#include "layers/dropout.hpp"
#include "layers/relu.hpp"
#include "layers/samples.hpp"
#include "layers/to_unit.hpp"

namespace fpanet::samples {
namespace {

using Unary = Value (*)(Value);

OpRecord unary(const std::string& name, Unary op) {
  OpRecord record{.name = name, .backward_ops = {name + "_backward"}};
  for (const Shape& shape : {Shape{2, 3, 4, 5}, Shape{1, 1, 1, 1}, Shape{3, 7}}) {
    record.samples.push_back(
        {shape.str(),
         {spread("x", shape)},
         [op](const std::vector<Value>& in) -> std::vector<Value> { return {op(in[0])}; }});
  }
  record.errors = {{[op](Graph& g) {
                      op(dummy(g, {2, 3}, DType::i32));
                    },
                    name + ": x is i32 (2,3); expected f32, f64 or bf16"}};
  return record;
}

Value clamp_to_one(Value x) {
  return clamp(x, -0.4, 0.6);
}

OpRecord clamp_record() {
  OpRecord record = unary("clamp", clamp_to_one);
  record.errors.push_back(
      {[](Graph& g) { clamp(dummy(g, {2}), 1, 0); }, "clamp: low=1 is above high=0"});
  return record;
}

OpRecord argmax_record() {
  const auto build = [](const std::vector<Value>& in) -> std::vector<Value> {
    return {argmax(in[0])};
  };
  return {.name = "argmax",
          .samples = {{"image", {fixed(real("x", {2, 7, 3, 5}))}, build},
                      {"rows", {fixed(real("x", {4, 3}))}, build}},
          .errors = {{[](Graph& g) {
                        argmax(dummy(g, {2, 3, 4}));
                      },
                      "argmax: x=(2,3,4) is not (N,C,H,W) or (N,C) with C of at least 1"}},
          .why_no_gradient = "an index does not vary smoothly"};
}

OpRecord add_record() {
  const auto build = [](const std::vector<Value>& in) -> std::vector<Value> {
    return {add(in[0], in[1])};
  };
  return {.name = "add",
          .backward_ops = {"copy"},
          .samples = {{"image", {real("a", {2, 3, 4, 5}), real("b", {2, 3, 4, 5})}, build},
                      {"vector", {real("a", {7}), real("b", {7})}, build}},
          .errors = {{[](Graph& g) {
                        add(dummy(g, {2, 3}), dummy(g, {3, 2}));
                      },
                      "add: a=(2,3) f32 and b=(3,2) f32 must be alike"}}};
}

OpRecord bias_add_record() {
  const auto build = [](const std::vector<Value>& in) -> std::vector<Value> {
    return {bias_add(in[0], in[1])};
  };
  return {.name = "bias_add",
          .backward_ops = {"bias_gradient", "copy"},
          .samples = {{"image", {real("x", {2, 3, 4, 5}), stays_real(real("bias", {3}))}, build},
                      {"rows", {real("x", {5, 17}), stays_real(real("bias", {17}))}, build}},
          .errors = {{[](Graph& g) {
                        bias_add(dummy(g, {2, 3, 4, 4}), dummy(g, {4}));
                      },
                      "bias_add: bias=(4) must be (3), x=(2,3,4,4)"}}};
}

SampleInput generator() {
  return {.name = "rng",
          .kind = SampleInput::Kind::fixed,
          .shape = {2},
          .dtype = DType::i64,
          .values = {1234567, 89}};
}

OpRecord dropout_record() {
  const auto build = [](double p) {
    return [p](const std::vector<Value>& in) -> std::vector<Value> {
      return {dropout(in[0], in[1], p, 5)};
    };
  };
  return {.name = "dropout",
          .backward_ops = {"dropout"},
          .samples = {{"p=0.5", {real("x", {3, 21}), generator()}, build(0.5)},
                      {"p=0", {real("x", {2, 3, 2, 2}), generator()}, build(0)},
                      {"p=1", {real("x", {5}), generator()}, build(1)}},
          .errors = {{[](Graph& g) { dropout(dummy(g, {4}), dummy(g, {2}, DType::i64), 1.5); },
                      "dropout: p=1.5 is not within [0,1]"},
                     {[](Graph& g) { dropout(dummy(g, {4}), dummy(g, {3}, DType::i64), 0.5); },
                      "dropout: rng=(3) must be (2) (a seed and a step)"}}};
}

OpRecord to_unit_record() {
  SampleInput bytes{
      .name = "bytes", .kind = SampleInput::Kind::fixed, .shape = {1, 3, 4, 5}, .dtype = DType::u8};
  for (Index i = 0; i < bytes.shape.numel(); ++i) {
    bytes.values.push_back(static_cast<double>(i * 37 % 256));
  }
  SampleInput deep = bytes;
  deep.name = "samples";
  deep.dtype = DType::u16;
  for (double& value : deep.values) value *= 201;
  BandScale scale = BandScale::uniform(300, 40000);
  scale.high[1] = 12345;
  return {.name = "to_unit",
          .samples = {{"image",
                       {bytes},
                       [](const std::vector<Value>& in) -> std::vector<Value> {
                         return {to_unit(in[0], DType::f32)};
                       }},
                      {"16 bits, a scale for each band",
                       {deep},
                       [scale](const std::vector<Value>& in) -> std::vector<Value> {
                         return {to_unit(in[0], DType::f32, scale)};
                       }}},
          .errors = {{[](Graph& g) { to_unit(dummy(g, {4}, DType::i32), DType::f32); },
                      "to_unit: samples are i32 (4); expected u8, u16, i16 or f32"},
                     {[scale](Graph& g) { to_unit(dummy(g, {4}, DType::u16), DType::f32, scale); },
                      "to_unit: samples=(4) with a scale for each band must be (N,C,H,W), C at "
                      "most 16"},
                     {[](Graph& g) { to_unit(dummy(g, {4}, DType::u8), DType::i32); },
                      "to_unit: the result is i32 (4); expected f32, f64 or bf16"}},
          .why_no_gradient = "bytes are data",
          .why_no_bf16 = "pixels become f32; the input of the encoder is cast after the high-pass"};
}

/// f32 is cast to bf16 and back. f64 has no twin: its cast is a copy, which shows the gradient.
OpRecord cast_record() {
  const auto build = [](const std::vector<Value>& in) -> std::vector<Value> {
    const DType low = in[0].dtype() == DType::f64 ? DType::f64 : DType::bf16;
    return {cast(cast(in[0], low), in[0].dtype())};
  };
  return {
      .name = "cast",
      .backward_ops = {"cast"},
      .samples = {{"image", {real("x", {2, 3, 4, 5})}, build}, {"odd", {real("x", {7})}, build}},
      .errors = {{[](Graph& g) { cast(dummy(g, {4}), DType::f64); },
                  "cast: f32 -> f64; expected f32 -> bf16 or bf16 -> f32 (x=(4))"}},
      .why_no_bf16 = "its samples in f32 go through bf16"};
}

}  // namespace

std::vector<OpRecord> elementwise_records() {
  return {unary("relu", relu), unary("sigmoid", sigmoid), unary("tanh", tanh),
          clamp_record(),      argmax_record(),           add_record(),
          bias_add_record(),   dropout_record(),          to_unit_record(),
          cast_record()};
}

}  // namespace fpanet::samples
