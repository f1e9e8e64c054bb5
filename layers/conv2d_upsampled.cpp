#include "layers/conv2d_upsampled.hpp"

#include "layers/checks.hpp"
#include "layers/conv2d.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

using kernels::UpsampledGeometry;

class Conv2dUpsampled final : public Op {  // x, weight or prepared, bias [, skip]
 public:
  Conv2dUpsampled(const UpsampledGeometry& g, bool relu) : g_(g), relu_(relu) {}

  std::string_view name() const override { return "conv2d_upsampled"; }
  std::string parameters() const override {
    return fmt::format("kernel=3x3 padding=1 of {} upsampled{} channels{}", g_.up_channels,
                       has_skip() ? fmt::format(" and {} skip", g_.skip_channels()) : "",
                       relu_ ? " +relu" : "");
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const kernels::Conv2dGeometry& whole = g_.whole;
    const Shape x{whole.n, g_.up_channels, whole.h / 2, whole.w / 2};
    const Shape skip{whole.n, g_.skip_channels(), whole.h, whole.w};
    require(in[0].shape == x, "{}: x={} but it was made for {}", name(), in[0].shape, x);
    check::floating(name(), "x", in[0]);
    for (std::size_t i = 1; i < in.size(); ++i) {
      check::dtype(name(), kInputs[i], in[i], i == 2 ? real_dtype(in[0].dtype) : in[0].dtype);
    }
    require(in[2].shape == Shape{whole.c_out}, "{}: bias={} but C_out={}", name(), in[2].shape,
            whole.c_out);
    require((in.size() > kSkip) == has_skip(),
            "{}: {} skip channels are needed, but {} skip is given", name(), g_.skip_channels(),
            in.size() > kSkip ? "a" : "no");
    if (has_skip()) {
      require(in[kSkip].shape == skip, "{}: skip={} but it was made for {}", name(),
              in[kSkip].shape, skip);
    }
    return {{{whole.n, whole.c_out, whole.h, whole.w}, in[0].dtype}};
  }

  void run(const RunArgs& args) const override {
    dispatch_cpu(name(), args.context, args.in(0).dtype(), [&]<class T>(const Cpu& cpu, Type<T>) {
      const T* const x = args.in(0).data<T>();
      const T* const skip = has_skip() ? args.in(kSkip).data<T>() : nullptr;
      const T* const weight = args.in(1).data<T>();
      const kernels::Conv2dEpilogue<T> epilogue{.bias = args.in(2).data<kernels::Real<T>>(),
                                                .relu = relu_};
      T* const y = args.out().data<T>();
      if constexpr (std::is_same_v<T, float>) {
        if (is_prepared(args.in(1).shape())) {
          return kernels::conv2d_upsampled_prepared(cpu, g_, x, skip, weight, epilogue, y,
                                                    args.workspace);
        }
      }
      kernels::conv2d_upsampled<T>(cpu, g_, x, skip, weight, epilogue, y, args.workspace);
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return dispatch_cpu(name(), context, in[0].dtype, [&]<class T>(const Cpu& cpu, Type<T>) {
      const Shape& weight = in[1].shape;
      if (!is_prepared(weight)) {
        const Shape plain{g_.whole.c_out, g_.whole.c_in, 3, 3};
        require(weight == plain, "{}: weight={} but {} is needed", name(), weight, plain);
        return kernels::conv2d_upsampled_workspace_bytes<T>(cpu, g_);
      }
      const bool f32 = std::is_same_v<T, float>;
      const Index needed = f32 ? kernels::conv2d_upsampled_prepared_numel(cpu, g_) : 0;
      require(weight == Shape{needed}, "{}: prepared={} but ({}) is needed", name(), weight,
              needed);
      return kernels::conv2d_upsampled_prepared_workspace_bytes(cpu, g_);
    });
  }

  std::string implementation(const Context& context, std::span<const Spec> in) const override {
    return dispatch_cpu(name(), context, in[0].dtype, [&]<class T>(const Cpu& cpu, Type<T>) {
      return std::string(kernels::conv2d_upsampled_implementation<T>(cpu, g_));
    });
  }

  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    Cost cost = Op::cost(in, out);
    cost.flops = 2 * static_cast<double>(g_.whole.macs());
    return cost;
  }

  bool differentiable() const override { return false; }

 private:
  static constexpr std::size_t kSkip = 3;
  static constexpr std::array<std::string_view, 4> kInputs{"x", "weight", "bias", "skip"};

  bool has_skip() const { return g_.skip_channels() > 0; }
  static bool is_prepared(const Shape& weight) { return weight.rank() == 1; }

  UpsampledGeometry g_;
  bool relu_;
};

}  // namespace

UpsampledGeometry upsampled_geometry(const Shape& x, const std::optional<Shape>& skip,
                                     const Shape& weight) {
  const Shape whole{x[0], x[1] + (skip ? (*skip)[1] : 0), 2 * x[2], 2 * x[3]};
  return {conv2d_geometry(whole, weight, {.stride = 1, .padding = 1}), x[1]};
}

Value conv2d_upsampled(const UpsampledGeometry& g, Value x, std::optional<Value> skip, Value weight,
                       Value bias, bool relu) {
  std::vector<Value> inputs{x, weight, bias};
  if (skip) inputs.push_back(*skip);
  return x.graph().record_one(std::make_shared<Conv2dUpsampled>(g, relu), inputs);
}

}  // namespace fpanet
