#include "layers/linear.hpp"
#include "layers/matmul.hpp"
#include "layers/pab_reread.hpp"
#include "layers/position_attention.hpp"
#include "layers/samples.hpp"
#include "layers/softmax.hpp"

namespace fpanet::samples {
namespace {

OpSample product(const std::string& name, const Shape& a, const Shape& b, MatmulParams params) {
  return {name,
          {real("a", a), real("b", b)},
          [params](const std::vector<Value>& in) -> std::vector<Value> {
            return {matmul(in[0], in[1], params)};
          }};
}

OpRecord matmul_record() {
  return {
      .name = "matmul",
      .backward_ops = {"bias_gradient", "copy", "matmul"},
      .samples = {product("a b", {2, 3, 5}, {2, 5, 4}, {}),
                  product("a b^T", {2, 3, 5}, {2, 4, 5}, {.transpose_b = true}),
                  product("a^T b", {2, 5, 3}, {2, 5, 4}, {.transpose_a = true}),
                  product("rank 2", {3, 1}, {1, 4}, {}),
                  {"linear",
                   {real("x", {4, 3}), real("weight", {5, 3}), stays_real(real("bias", {5}))},
                   [](const std::vector<Value>& in) -> std::vector<Value> {
                     return {linear(in[0], in[1], in[2])};
                   }}},
      .errors = {
          {[](Graph& g) {
             matmul(dummy(g, {2, 3, 5}), dummy(g, {2, 4, 5}));
           },
           "matmul: a b does not fit: batches 2 and 2, summed sizes 5 and 4 (a=(2,3,5), "
           "b=(2,4,5))"},
          {[](Graph& g) {
             matmul(dummy(g, {2, 3, 5}), dummy(g, {5, 4}));
           },
           "matmul: a=(2,3,5) f32 and b=(5,4) f32 must both be (rows,cols) or "
           "(N,rows,cols) of one type"},
          {[](Graph& g) {
             matmul(dummy(g, {3, 3}), dummy(g, {3, 3}), {.transpose_a = true, .transpose_b = true});
           },
           "matmul: transpose one factor or none, not both (a=(3,3), b=(3,3))"},
          {[](Graph& g) {
             linear(dummy(g, {4, 3}), dummy(g, {5, 4}), std::nullopt);
           },
           "linear: x=(4,3) must be (N,in) and weight=(5,4) (out,in)"}}};
}

OpRecord softmax_record(const std::string& name, Value (*op)(Value)) {
  const auto build = [op](const std::vector<Value>& in) -> std::vector<Value> {
    return {op(in[0])};
  };
  return {.name = name,
          .backward_ops = {name + "_backward"},
          .samples = {{"channels", {real("x", {2, 7, 3, 2}, -3, 3)}, build},
                      {"rows", {real("x", {3, 5}, -3, 3)}, build},
                      {"whole map", {real("x", {2, 36}, -3, 3)}, build},
                      {"one entry", {real("x", {4, 1})}, build}},
          .errors = {
              {[op](Graph& g) { op(dummy(g, {})); }, name + ": x=() has no entries to normalise"}}};
}

OpRecord position_attention_record() {
  const auto sample = [](const std::string& name, Index n, Index p, Index k, Index c,
                         std::optional<Index> block_rows) -> OpSample {
    return {name,
            {real("center", {n, p, k}), real("top", {n, p, k}), real("bottom", {n, p, c})},
            [block_rows](const std::vector<Value>& in) -> std::vector<Value> {
              return {position_attention(in[0], in[1], in[2], block_rows)};
            }};
  };
  return {
      .name = "position_attention",
      .backward_ops = {"position_attention_backward"},
      .samples = {sample("one block", 2, 6, 3, 4, {}), sample("blocks of 3", 2, 9, 2, 5, 3),
                  sample("a shorter last block", 1, 10, 4, 3, 4),
                  sample("one position", 2, 1, 3, 2, 1)},
      .errors = {
          {[](Graph& g) {
             position_attention(dummy(g, {2, 6, 3}), dummy(g, {2, 6, 3}), dummy(g, {2, 5, 4}));
           },
           "position_attention: center=(2,6,3) f32, top=(2,6,3) f32 and bottom=(2,5,4) "
           "f32 must be (N,P,K), (N,P,K) and (N,P,C) of one type"},
          {[](Graph& g) {
             position_attention(dummy(g, {2, 6, 3}), dummy(g, {2, 6, 3}), dummy(g, {2, 6, 4}), 7);
           },
           "position_attention: block_rows=7 must be 1 to P=6"}}};
}

OpRecord pab_reread_record() {
  const auto build = [](Index h, Index w) {
    return [h, w](const std::vector<Value>& in) -> std::vector<Value> {
      return {pab_reread(in[0], h, w)};
    };
  };
  return {.name = "pab_reread",
          .backward_ops = {"pab_reread_backward"},
          .samples = {{"2x3", {real("m", {2, 6, 4})}, build(2, 3)},
                      {"one pixel", {real("m", {1, 1, 5})}, build(1, 1)},
                      {"past a tile", {real("m", {1, 35, 3})}, build(5, 7)}},
          .errors = {{[](Graph& g) {
                        pab_reread(dummy(g, {2, 6, 4}), 2, 4);
                      },
                      "pab_reread: m=(2,6,4) is not (N,2*4,C)"}}};
}

}  // namespace

std::vector<OpRecord> matrix_records() {
  return {matmul_record(), softmax_record("softmax", softmax),
          softmax_record("log_softmax", log_softmax), pab_reread_record(),
          position_attention_record()};
}

}  // namespace fpanet::samples
