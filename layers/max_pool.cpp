#include "layers/max_pool.hpp"

#include "kernels/max_pool.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

kernels::PoolWindow window(MaxPoolParams p) {
  return {p.kernel, p.stride, p.padding};
}

class MaxPoolBackward final : public Op {  // dy, winner -> dx
 public:
  MaxPoolBackward(MaxPoolParams params, const Spec& x) : params_(params), x_(x) {}

  std::string_view name() const override { return "max_pool_backward"; }

  std::vector<Spec> infer(std::span<const Spec>) const override { return {x_}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, x_.dtype, [&]<class T>(const auto& device, Type<T>) {
      kernels::max_pool_backward<T>(device, view4<const T>(args.in(0)),
                                    args.in(1).data<std::uint8_t>(), window(params_),
                                    view4<T>(args.out()), args.write());
    });
  }

 private:
  MaxPoolParams params_;
  Spec x_;
};

class MaxPool final : public Op {  // x -> y, winner
 public:
  explicit MaxPool(MaxPoolParams params) : params_(params) {}

  std::string_view name() const override { return "max_pool"; }
  std::vector<OpAttribute> attributes() const override {
    return {{"kernel", static_cast<double>(params_.kernel)},
            {"stride", static_cast<double>(params_.stride)},
            {"padding", static_cast<double>(params_.padding)}};
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Spec& x = in[0];
    check::image(name(), "x", x);
    const std::string where = fmt::format("(x={}, kernel={}, stride={}, padding={})", x.shape,
                                          params_.kernel, params_.stride, params_.padding);
    require(params_.kernel >= 1 && params_.kernel <= 15 && params_.stride >= 1,
            "max_pool: kernel must be 1 to 15 and stride at least 1 {}", where);
    require(params_.padding >= 0 && 2 * params_.padding <= params_.kernel,
            "max_pool: padding must be 0 to half the kernel {}", where);
    require(std::min(x.shape[2], x.shape[3]) + 2 * params_.padding >= params_.kernel,
            "max_pool: the window is larger than the padded image {}", where);
    const Shape y{x.shape[0], x.shape[1], window(params_).outputs(x.shape[2]),
                  window(params_).outputs(x.shape[3])};
    return {{y, x.dtype}, {y, DType::u8}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::max_pool<T>(device, view4<const T>(args.in(0)), window(params_),
                           view4<T>(args.out(0)), args.out(1).data<std::uint8_t>());
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<MaxPoolBackward>(params_, rule.input(0).spec()),
              {rule.gradient(), rule.output(1)}, {0});
  }

 private:
  MaxPoolParams params_;
};

}  // namespace

Value max_pool(Value x, MaxPoolParams params) {
  return x.graph().record(std::make_shared<MaxPool>(params), std::array{x})[0];
}

}  // namespace fpanet
