#include "layers/batch_norm.hpp"
#include "layers/channel_statistics.hpp"
#include "layers/samples.hpp"

namespace fpanet::samples {
namespace {

/// A batch of one part: the two steps of a divided batch, with nothing between them.
class OnePart final : public BatchReduction {
 public:
  Value total(Value sums) const override { return sums; }
  Value whole_statistics(Value statistics, Index) const override { return statistics; }
  Index whole_pixels(Index pixels) const override { return pixels; }
};
const OnePart kOnePart;

OpSample sample(const std::string& name, const Shape& x, const BatchNormParams& params,
                bool residual) {
  const Shape channels{x[1]};
  const auto running = [&](const char* what, double low, double high) {
    SampleInput input = stays_real(real(what, channels, low, high));
    return params.training ? state(input) : fixed(input);
  };
  SampleInput batches{.name = "num_batches_tracked",
                      .kind = SampleInput::Kind::state,
                      .shape = {},
                      .dtype = DType::i64,
                      .values = {3}};
  std::vector<SampleInput> inputs{real("x", x, -1, 3),
                                  stays_real(real("weight", channels, 0.5, 1.5)),
                                  stays_real(real("bias", channels)),
                                  running("running_mean", -1, 1),
                                  running("running_var", 0.5, 1.5),
                                  batches};
  if (residual) inputs.push_back(real("residual", x));
  return {name, inputs, [params](const std::vector<Value>& in) -> std::vector<Value> {
            const BatchNormState s{in[1], in[2], in[3], in[4], in[5]};
            const auto r = in.size() == 7 ? std::optional<Value>(in[6]) : std::nullopt;
            return {batch_norm(in[0], s, params, r)};
          }};
}

OpErrorSample error(const Shape& x, Index channels, bool training, const std::string& message) {
  return {[=](Graph& g) {
            const auto c = [&] { return dummy(g, {channels}); };
            batch_norm(dummy(g, x), {c(), c(), c(), c(), dummy(g, {}, DType::i64)},
                       {.training = training});
          },
          message};
}

/// For x (2,3,4,4), with statistics of the given shape.
OpErrorSample with_statistics(const Shape& statistics, bool training, const std::string& message) {
  return {[=](Graph& g) {
            const auto c = [&] { return dummy(g, {3}); };
            batch_norm(dummy(g, {2, 3, 4, 4}), {c(), c(), c(), c(), dummy(g, {}, DType::i64)},
                       {.training = training}, std::nullopt, dummy(g, statistics, DType::f64));
          },
          message};
}

OpSample recompute_sample(const std::string& name, const Shape& x, bool relu) {
  const Index c = x[1];
  return {name,
          {fixed(real("x", x)), stays_real(fixed(real("mean", {c}))),
           stays_real(fixed(real("factors", {2, c})))},
          [relu](const std::vector<Value>& in) -> std::vector<Value> {
            return {batch_norm_recompute(in[0], in[1], in[2], relu)};
          }};
}

}  // namespace

std::vector<OpRecord> normalisation_records() {
  OpRecord record{
      .name = "batch_norm",
      .backward_ops = {"batch_norm_backward", "batch_norm_gradient_sums"},
      .samples = {sample("train", {2, 3, 4, 3}, {.training = true}, false),
                  sample("train relu", {2, 5, 3, 3}, {.training = true, .relu = true}, false),
                  sample("train residual", {1, 2, 3, 5}, {.training = true}, true),
                  sample("train residual relu", {3, 17, 2, 3}, {.training = true, .relu = true},
                         true),
                  sample("train two values", {2, 4, 1, 1}, {.training = true}, false),
                  sample("train divided", {2, 5, 3, 3},
                         {.training = true, .relu = true, .reduction = &kOnePart}, false),
                  sample("train divided, residual", {2, 3, 4, 3},
                         {.training = true, .relu = true, .reduction = &kOnePart}, true),
                  sample("eval", {1, 3, 4, 3}, {}, false),
                  sample("eval residual relu", {2, 3, 4, 3}, {.relu = true}, true)},
      .errors = {
          error({2, 3, 4, 4}, 5, true, "batch_norm: weight=(5) but x has C=3 (x=(2,3,4,4))"),
          error({1, 8, 1, 1}, 8, true,
                "batch_norm: training needs more than one value per channel, got "
                "x=(1,8,1,1)"),
          error({8, 3}, 3, false, "batch_norm: x=(8,3) is not (N,C,H,W) with sizes of at least 1"),
          {[](Graph& g) {
             const auto c = [&] { return dummy(g, {3}); };
             batch_norm(dummy(g, {2, 3, 4, 4}), {c(), c(), c(), c(), dummy(g, {}, DType::i64)}, {},
                        dummy(g, {2, 3, 4, 5}));
           },
           "batch_norm: x=(2,3,4,4) f32 and residual=(2,3,4,5) f32 must be alike"},
          with_statistics({2, 3}, false,
                          "batch_norm: statistics of x=(2,3,4,4) are given outside training"),
          with_statistics({2, 4}, true,
                          "batch_norm: statistics=(2,4) must be (2,3) (x=(2,3,4,4))")}};
  OpRecord recompute{
      .name = "batch_norm_recompute",
      .samples = {recompute_sample("relu", {2, 5, 3, 3}, true),
                  recompute_sample("plain", {1, 17, 4, 2}, false)},
      .errors =
          {{[](Graph& g) {
              batch_norm_recompute(dummy(g, {2, 3, 4, 4}), dummy(g, {4}), dummy(g, {2, 3}), true);
            },
            "batch_norm_recompute: mean=(4) must be (3) (x=(2,3,4,4))"}},
      .why_no_gradient = "only backward records it",
      .why_no_cuda = "on a GPU the result of batch norm is kept"};
  const auto statistics_of = [](const std::vector<Value>& in) -> std::vector<Value> {
    return {channel_statistics(in[0])};
  };
  OpRecord statistics{
      .name = "channel_statistics",
      .samples = {{"a mean far from 0", {fixed(real("x", {2, 5, 4, 3}, 4, 6))}, statistics_of},
                  {"one pixel", {fixed(real("x", {1, 17, 1, 1}))}, statistics_of}},
      .errors = {{[](Graph& g) {
                    channel_statistics(dummy(g, {8, 3}));
                  },
                  "channel_statistics: x=(8,3) is not (N,C,H,W) with sizes of at least 1"}},
      .why_no_gradient = "the backward of batch norm includes the path through the statistics"};
  return {record, recompute, statistics};
}

}  // namespace fpanet::samples
