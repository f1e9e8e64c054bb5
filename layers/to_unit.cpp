#include "layers/to_unit.hpp"

#include "kernels/to_unit.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class ToUnit final : public Op {
 public:
  explicit ToUnit(DType dtype) : dtype_(dtype) {}

  std::string_view name() const override { return "to_unit"; }
  std::string parameters() const override { return std::string(name_of(dtype_)); }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::dtype(name(), "bytes", in[0], DType::u8);
    const Spec result{in[0].shape, dtype_};
    check::floating(name(), "the result", result);
    return {result};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, dtype_, [&]<class T>(const auto& device, Type<T>) {
      kernels::to_unit<T>(device, args.in(0).span<std::uint8_t>(), args.out().span<T>());
    });
  }

  bool differentiable() const override { return false; }

 private:
  DType dtype_;
};

}  // namespace

Value to_unit(Value bytes, DType dtype) {
  return bytes.graph().record_one(std::make_shared<ToUnit>(dtype), std::array{bytes});
}

}  // namespace fpanet
