#include "layers/cast.hpp"

#include "kernels/cast.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

template <class From, class To>
void cast_on(const Context& context, const Tensor& x, const Tensor& y, Write write) {
  std::visit(
      [&](const auto& device) {
        kernels::cast<From, To>(device, x.span<From>(), y.span<To>(), write);
      },
      context);
}

class Cast final : public Op {
 public:
  explicit Cast(DType dtype) : dtype_(dtype) {}

  std::string_view name() const override { return "cast"; }
  std::string parameters() const override { return std::string(name_of(dtype_)); }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const DType from = in[0].dtype;
    const bool known = (from == DType::f32 && dtype_ == DType::bf16) ||
                       (from == DType::bf16 && dtype_ == DType::f32) ||
                       (from == DType::f64 && dtype_ == DType::f64);
    require(known, "cast: {} -> {}; expected f32 -> bf16 or bf16 -> f32 (x={})", name_of(from),
            name_of(dtype_), in[0].shape);
    return {{in[0].shape, dtype_}};
  }

  void run(const RunArgs& args) const override {
    if (dtype_ == DType::bf16) {
      cast_on<float, bfloat16>(args.context, args.in(0), args.out(), args.write());
    } else if (dtype_ == DType::f32) {
      cast_on<bfloat16, float>(args.context, args.in(0), args.out(), args.write());
    } else {
      const Cpu* const cpu = std::get_if<Cpu>(&args.context);
      require(cpu != nullptr, "cast: f64 does not run on CUDA; use f32 or bf16");
      kernels::cast<double, double>(*cpu, args.in(0).span<double>(), args.out().span<double>(),
                                    args.write());
    }
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<Cast>(rule.input(0).dtype()), {rule.gradient()}, {0});
  }

 private:
  DType dtype_;
};

}  // namespace

Value cast(Value x, DType dtype) {
  return x.graph().record_one(std::make_shared<Cast>(dtype), std::array{x});
}

Value in_dtype(Value x, DType dtype) {
  return x.dtype() == dtype ? x : cast(x, dtype);
}

void renew_twins(const Context& context, const ParameterStore& store) {
  if (!store.twins().defined()) return;
  cast_on<float, bfloat16>(context, store.values(), store.twins(), Write::assign);
}

}  // namespace fpanet
