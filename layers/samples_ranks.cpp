#include <array>

#include "layers/all_reduce.hpp"
#include "layers/samples.hpp"

namespace fpanet::samples {
namespace {

constexpr std::array<Segment, 2> kSegments{Segment{0, 7}, Segment{16, 5}};

/// The samples have one rank, which leaves every value as it is. tests/models/ranks_test.cpp runs
/// several.
Communicator& alone() {
  static SingleRank rank;
  return rank;
}

OpRecord all_reduce_record() {
  return {.name = "all_reduce",
          .backward_ops = {"all_reduce_backward"},
          .samples = {{"a matrix",
                       {real("x", {3, 5})},
                       [](const std::vector<Value>& in) -> std::vector<Value> {
                         return {all_reduce(in[0], alone())};
                       }}},
          .errors = {{[](Graph& g) { all_reduce(dummy(g, {3}, DType::i32), alone()); },
                      "all_reduce: x is i32 (3); expected f32 or f64"}},
          .why_no_bf16 = "what is summed over ranks is f32 or f64 in mixed precision, too"};
}

OpRecord all_reduce_statistics_record() {
  SampleInput statistics = fixed(real("statistics", {2, 6}));
  statistics.keeps_dtype = true;
  return {.name = "all_reduce_statistics",
          .samples = {{"six channels",
                       {statistics},
                       [](const std::vector<Value>& in) -> std::vector<Value> {
                         return {all_reduce_statistics(in[0], {1.0}, alone())};
                       }}},
          .errors = {{[](Graph& g) {
                        all_reduce_statistics(dummy(g, {6}, DType::f64), {1.0}, alone());
                      },
                      "all_reduce_statistics: statistics=(6) are not means and variances (2,C)"},
                     {[](Graph& g) {
                        all_reduce_statistics(dummy(g, {2, 6}, DType::f64), {0.5, 0.5}, alone());
                      },
                      "all_reduce_statistics: 2 shares for 1 ranks"}},
          .why_no_gradient = "batch norm sums the terms of its gradient by itself",
          .why_no_bf16 = "statistics are f64"};
}

OpRecord all_reduce_segments_record() {
  return {.name = "all_reduce_segments",
          .samples = {{"two segments",
                       {state(real("region", {30}))},
                       [](const std::vector<Value>& in) -> std::vector<Value> {
                         all_reduce_segments(in[0], kSegments, alone());
                         finish_all_reduce(in[0], {}, alone());
                         return {};
                       }}},
          .errors = {{[](Graph& g) { all_reduce_segments(dummy(g, {20}), kSegments, alone()); },
                      "all_reduce_segments: segment [16,21) reaches past region=(20)"}},
          .why_no_gradient = "it sums gradients",
          .why_no_bf16 = "gradients are f32 in mixed precision, too"};
}

OpRecord all_reduce_finish_record() {
  return {.name = "all_reduce_finish",
          .samples = {{"a segment",
                       {state(real("region", {30}))},
                       [](const std::vector<Value>& in) -> std::vector<Value> {
                         all_reduce_segments(in[0], std::span(kSegments).first(1), alone());
                         finish_all_reduce(in[0], {}, alone());
                         return {};
                       }}},
          .errors = {{[](Graph& g) { finish_all_reduce(dummy(g, {20}, DType::i32), {}, alone()); },
                      "all_reduce_finish: region is i32 (20); expected f32 or f64"}},
          .why_no_gradient = "it sums gradients",
          .why_no_bf16 = "gradients are f32 in mixed precision, too"};
}

}  // namespace

std::vector<OpRecord> rank_records() {
  return {all_reduce_record(), all_reduce_statistics_record(), all_reduce_segments_record(),
          all_reduce_finish_record()};
}

}  // namespace fpanet::samples
