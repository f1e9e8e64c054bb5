#include "layers/batch_norm.hpp"
#include "layers/conv2d.hpp"
#include "layers/conv2d_prepared.hpp"
#include "layers/conv2d_upsampled.hpp"
#include "layers/linear.hpp"
#include "layers/samples.hpp"

namespace fpanet::samples {
namespace {

OpSample sample(const std::string& name, const Shape& x, const Shape& weight, bool bias,
                Conv2dParams params) {
  std::vector<SampleInput> inputs{real("x", x), with_twin(real("weight", weight))};
  if (bias) inputs.push_back(stays_real(real("bias", {weight[0]})));
  return {name, inputs, [params](const std::vector<Value>& in) -> std::vector<Value> {
            const auto b = in.size() == 3 ? std::optional<Value>(in[2]) : std::nullopt;
            return {conv2d(in[0], in[1], b, params)};
          }};
}

/// Includes the batch norm that reads the statistics, because only both together have a correct
/// gradient.
OpSample with_statistics(const std::string& name, const Shape& x, const Shape& weight,
                         Conv2dParams params, bool relu) {
  const Shape channels{weight[0]};
  const SampleInput batches{.name = "num_batches_tracked",
                            .kind = SampleInput::Kind::state,
                            .shape = {},
                            .dtype = DType::i64,
                            .values = {3}};
  return {name,
          {real("x", x), with_twin(real("weight", weight)),
           stays_real(real("gamma", channels, 0.5, 1.5)), stays_real(real("beta", channels)),
           stays_real(state(real("running_mean", channels))),
           stays_real(state(real("running_var", channels, 0.5, 1.5))), batches},
          [params, relu](const std::vector<Value>& in) -> std::vector<Value> {
            const auto [y, statistics] = conv2d_with_statistics(in[0], in[1], params);
            return {batch_norm(y, {in[2], in[3], in[4], in[5], in[6]},
                               {.training = true, .relu = relu}, std::nullopt, statistics)};
          }};
}

OpSample fused(const std::string& name, const Shape& x, const Shape& weight, const Shape& residual,
               Conv2dParams params, bool relu) {
  std::vector<SampleInput> inputs{fixed(real("x", x)), fixed(real("weight", weight)),
                                  stays_real(fixed(real("bias", {weight[0]})))};
  if (residual.rank() > 0) inputs.push_back(fixed(real("residual", residual)));
  return {name, inputs, [=](const std::vector<Value>& in) -> std::vector<Value> {
            const auto r = in.size() == 4 ? std::optional<Value>(in[3]) : std::nullopt;
            return {conv2d_fused(in[0], in[1], in[2], r, params, relu)};
          }};
}

/// The weight, prepared for the graph's CPU, as a constant.
template <class T>
Value prepared_weight(Graph& graph, const kernels::Conv2dGeometry& g) {
  const Cpu& cpu = std::get<Cpu>(graph.context());
  const std::vector<double> values =
      real("weight", {g.c_out, g.c_in, g.kernel_h, g.kernel_w}).values;
  std::vector<T> weight;
  for (const double value : values) weight.push_back(T(static_cast<kernels::Real<T>>(value)));
  const Tensor prepared =
      Tensor::empty({kernels::conv2d_prepared_numel<T>(cpu, g)}, dtype_v<T>, Device::cpu());
  kernels::conv2d_prepare<T>(cpu, g, weight.data(), prepared.data<T>());
  return graph.constant("weight", prepared);
}

Value prepared_weight(Graph& graph, const kernels::Conv2dGeometry& g, DType dtype) {
  if (dtype == DType::f64) return prepared_weight<double>(graph, g);
  if (dtype == DType::bf16) return prepared_weight<bfloat16>(graph, g);
  return prepared_weight<float>(graph, g);
}

OpSample prepared(const std::string& name, const kernels::Conv2dGeometry& g, bool residual,
                  bool relu) {
  std::vector<SampleInput> inputs{fixed(real("x", {g.n, g.c_in, g.h, g.w})),
                                  stays_real(fixed(real("bias", {g.c_out})))};
  if (residual) {
    inputs.push_back(fixed(real("residual", {g.n, g.c_out, g.out_h(), g.out_w()})));
  }
  return {name, inputs, [=](const std::vector<Value>& in) -> std::vector<Value> {
            Graph& graph = in[0].graph();
            const Value weight = prepared_weight(graph, g, in[0].dtype());
            const auto r = residual ? std::optional<Value>(in[2]) : std::nullopt;
            return {conv2d_prepared(g, in[0], weight, in[1], r, relu)};
          }};
}

OpSample upsampled(const std::string& name, const Shape& x, const Shape& skip, Index c_out,
                   bool relu) {
  const bool has_skip = skip.rank() > 0;
  const Shape weight{c_out, x[1] + (has_skip ? skip[1] : 0), 3, 3};
  std::vector<SampleInput> inputs{fixed(real("x", x)), fixed(real("weight", weight)),
                                  stays_real(fixed(real("bias", {c_out})))};
  if (has_skip) inputs.push_back(fixed(real("skip", skip)));
  return {name, inputs, [=](const std::vector<Value>& in) -> std::vector<Value> {
            const auto from = has_skip ? std::optional<Value>(in[3]) : std::nullopt;
            const auto g =
                upsampled_geometry(x, has_skip ? std::optional<Shape>(skip) : std::nullopt, weight);
            return {conv2d_upsampled(g, in[0], from, in[1], in[2], relu)};
          }};
}

OpErrorSample error(const Shape& x, const Shape& weight, Conv2dParams params,
                    const std::string& message) {
  return {[=](Graph& g) { conv2d(dummy(g, x), dummy(g, weight), std::nullopt, params); }, message};
}

}  // namespace

std::vector<OpRecord> convolution_records() {
  OpRecord record{
      .name = "conv2d",
      .backward_ops = {"conv2d_backward_bias", "conv2d_backward_input", "conv2d_backward_weight"},
      .samples = {sample("3x3", {2, 3, 5, 4}, {4, 3, 3, 3}, true, {.padding = 1}),
                  sample("3x3 stride 2", {1, 2, 7, 6}, {3, 2, 3, 3}, false,
                         {.stride = 2, .padding = 1}),
                  sample("1x1", {2, 5, 3, 3}, {3, 5, 1, 1}, true, {}),
                  sample("1x1 stride 2", {1, 4, 5, 5}, {6, 4, 1, 1}, false, {.stride = 2}),
                  sample("7x7 stride 2", {1, 3, 9, 8}, {2, 3, 7, 7}, false,
                         {.stride = 2, .padding = 3}),
                  sample("one pixel", {1, 1, 1, 1}, {1, 1, 1, 1}, true, {}),
                  sample("16 channels", {1, 16, 6, 6}, {16, 16, 3, 3}, false, {.padding = 1})},
      .errors = {
          error({16, 32, 80, 80}, {128, 64, 3, 3}, {.stride = 1, .padding = 1},
                "conv2d: x has C=32 but weight expects C_in=64 (x=(16,32,80,80), "
                "weight=(128,64,3,3), stride=1, padding=1)"),
          error({1, 3, 2, 9}, {8, 3, 5, 5}, {.stride = 1, .padding = 1},
                "conv2d: the kernel is larger than the padded image, 5 > 4 (x=(1,3,2,9), "
                "weight=(8,3,5,5), stride=1, padding=1)"),
          error({1, 3, 9, 9}, {8, 3, 3, 3}, {.stride = 0, .padding = 1},
                "conv2d: stride must be at least 1 and padding at least 0 (x=(1,3,9,9), "
                "weight=(8,3,3,3), stride=0, padding=1)"),
          error({3, 9, 9}, {8, 3, 3, 3}, {},
                "conv2d: x=(3,9,9) is not (N,C,H,W) with sizes of at least 1"),
          {[](Graph& g) {
             conv2d(dummy(g, {1, 3, 9, 9}), dummy(g, {8, 3, 3, 3}), dummy(g, {3}));
           },
           "conv2d: bias=(3) but C_out=8 (x=(1,3,9,9), weight=(8,3,3,3), stride=1, padding=0)"},
          {[](Graph& g) {
             conv2d(dummy(g, {1, 3, 9, 9}), dummy(g, {8, 3, 3, 3}, DType::f64), std::nullopt);
           },
           "conv2d: x is f32 but weight is f64 (x=(1,3,9,9), weight=(8,3,3,3), stride=1, "
           "padding=0)"}}};
  OpRecord training{
      .name = "conv2d_with_statistics",
      .backward_ops = {"conv2d_backward_input", "conv2d_backward_weight"},
      .samples = {with_statistics("3x3", {2, 3, 5, 4}, {4, 3, 3, 3}, {.padding = 1}, true),
                  with_statistics("3x3 stride 2", {1, 2, 7, 6}, {3, 2, 3, 3},
                                  {.stride = 2, .padding = 1}, false),
                  with_statistics("1x1 stride 2", {2, 4, 5, 5}, {6, 4, 1, 1}, {.stride = 2}, false),
                  with_statistics("7x7 stride 2", {2, 3, 9, 8}, {17, 3, 7, 7},
                                  {.stride = 2, .padding = 3}, false),
                  with_statistics("16 channels", {1, 16, 6, 6}, {16, 16, 3, 3}, {.padding = 1},
                                  true)},
      .errors = {{[](Graph& g) {
                    conv2d_with_statistics(dummy(g, {1, 3, 9, 9}), dummy(g, {8, 4, 3, 3}));
                  },
                  "conv2d: x has C=3 but weight expects C_in=4 (x=(1,3,9,9), weight=(8,4,3,3), "
                  "stride=1, padding=0)"},
                 {[](Graph& g) {
                    const Value x = g.input("x", Spec{{1, 3, 9, 9}, DType::f64}, true);
                    const auto [y, statistics] =
                        conv2d_with_statistics(x, dummy(g, {1, 3, 3, 3}, DType::f64));
                    g.backward(linear(g.view(statistics, {1, 2}), dummy(g, {1, 2}, DType::f64),
                                      std::nullopt));
                  },
                  "conv2d_with_statistics: a gradient reached the statistics, which have none; "
                  "only a batch norm may read them"}}};
  OpRecord inference{
      .name = "conv2d_fused",
      .samples = {fused("3x3", {2, 16, 6, 5}, {16, 16, 3, 3}, {}, {.padding = 1}, true),
                  fused("residual", {1, 3, 5, 4}, {4, 3, 3, 3}, {1, 4, 5, 4}, {.padding = 1}, true),
                  fused("1x1 stride 2", {1, 4, 5, 5}, {6, 4, 1, 1}, {}, {.stride = 2}, false)},
      .errors = {{[](Graph& g) {
                    conv2d_fused(dummy(g, {1, 3, 9, 9}), dummy(g, {8, 3, 3, 3}), dummy(g, {8}),
                                 dummy(g, {1, 8, 9, 9}), {}, false);
                  },
                  "conv2d_fused: y=(1,8,7,7) f32 and residual=(1,8,9,9) f32 must be alike"}},
      .why_no_gradient = "batch norm is folded into it only for inference"};
  OpRecord prepared_record{
      .name = "conv2d_prepared",
      .samples = {prepared("3x3", {2, 16, 6, 5, 16, 3, 3, 1, 1}, false, true),
                  prepared("winograd", {1, 256, 16, 16, 256, 3, 3, 1, 1}, true, true),
                  prepared("residual", {1, 3, 5, 4, 4, 3, 3, 1, 1}, true, false),
                  prepared("1x1 stride 2", {1, 4, 5, 5, 6, 1, 1, 2, 0}, false, false)},
      .errors = {{[](Graph& g) {
                    conv2d_prepared({1, 3, 9, 9, 8, 3, 3, 1, 1}, dummy(g, {1, 3, 9, 8}),
                                    dummy(g, {864}), dummy(g, {8}), {}, false);
                  },
                  "conv2d_prepared: x=(1,3,9,8) but the weight is prepared for (1,3,9,9)"},
                 {[](Graph& g) {
                    conv2d_prepared({1, 3, 9, 9, 8, 3, 3, 1, 1}, dummy(g, {1, 3, 9, 9}),
                                    dummy(g, {864}), dummy(g, {9}), {}, false);
                  },
                  "conv2d_prepared: bias=(9) but C_out=8"}},
      .why_no_gradient = "it is only for inference",
      .why_no_cuda = "cuDNN takes weights as they are"};
  const kernels::UpsampledGeometry geometry{{1, 5, 8, 8, 4, 3, 3, 1, 1}, 3};
  OpRecord upsampled_record{
      .name = "conv2d_upsampled",
      .samples = {upsampled("no skip", {2, 3, 3, 2}, {}, 4, false),
                  upsampled("skip", {1, 3, 4, 4}, {1, 2, 8, 8}, 5, true),
                  upsampled("winograd phases", {1, 64, 20, 20}, {1, 64, 40, 40}, 128, true)},
      .errors = {{[=](Graph& g) {
                    conv2d_upsampled(geometry, dummy(g, {1, 3, 4, 5}), dummy(g, {1, 2, 8, 8}),
                                     dummy(g, {4, 5, 3, 3}), dummy(g, {4}), false);
                  },
                  "conv2d_upsampled: x=(1,3,4,5) but it was made for (1,3,4,4)"},
                 {[=](Graph& g) {
                    conv2d_upsampled(geometry, dummy(g, {1, 3, 4, 4}), dummy(g, {1, 2, 8, 9}),
                                     dummy(g, {4, 5, 3, 3}), dummy(g, {4}), false);
                  },
                  "conv2d_upsampled: skip=(1,2,8,9) but it was made for (1,2,8,8)"},
                 {[=](Graph& g) {
                    conv2d_upsampled(geometry, dummy(g, {1, 3, 4, 4}), std::nullopt,
                                     dummy(g, {4, 5, 3, 3}), dummy(g, {4}), false);
                  },
                  "conv2d_upsampled: 2 skip channels are needed, but no skip is given"},
                 {[=](Graph& g) {
                    conv2d_upsampled(geometry, dummy(g, {1, 3, 4, 4}), dummy(g, {1, 2, 8, 8}),
                                     dummy(g, {4, 5, 3, 3}), dummy(g, {5}), false);
                  },
                  "conv2d_upsampled: bias=(5) but C_out=4"}},
      .why_no_gradient = "it is only for inference",
      .why_no_cuda = "cuDNN reads the upsampled image"};
  return {record, training, inference, prepared_record, upsampled_record};
}

}  // namespace fpanet::samples
