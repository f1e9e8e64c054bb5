#include "layers/to_unit.hpp"

#include "engine/core/sample_type.hpp"
#include "kernels/to_unit.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class ToUnit final : public Op {
 public:
  ToUnit(DType dtype, const BandScale& scale) : dtype_(dtype), scale_(scale) {}

  std::string_view name() const override { return "to_unit"; }
  std::string parameters() const override {
    const std::string type(name_of(dtype_));
    return scale_ == BandScale::bytes() ? type : fmt::format("{} scale={}", type, scale_.str());
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    require(is_sample_type(in[0].dtype), "to_unit: samples are {} {}; expected u8, u16, i16 or f32",
            name_of(in[0].dtype), in[0].shape);
    require(scale_.is_uniform() ||
                (in[0].shape.rank() == 4 && in[0].shape[1] <= Index{BandScale::kMostBands}),
            "to_unit: samples={} with a scale for each band must be (N,C,H,W), C at most {}",
            in[0].shape, BandScale::kMostBands);
    const Spec result{in[0].shape, dtype_};
    check::floating(name(), "the result", result);
    return {result};
  }

  void run(const RunArgs& args) const override {
    const Tensor& samples = args.in(0);
    dispatch(name(), args.context, dtype_, [&]<class T>(const auto& device, Type<T>) {
      if (samples.dtype() == DType::u8 && scale_ == BandScale::bytes()) {
        kernels::to_unit<T>(device, samples.span<std::uint8_t>(), args.out().span<T>());
        return;
      }
      const Index channels = samples.shape().rank() == 4 ? samples.shape()[1] : 1;
      visit_sample_type(samples.dtype(), [&]<class Sample>(Sample) {
        kernels::to_unit<T, Sample>(device, samples.span<Sample>(), channels, scale_,
                                    args.out().span<T>());
      });
    });
  }

  bool differentiable() const override { return false; }

 private:
  DType dtype_;
  BandScale scale_;
};

}  // namespace

Value to_unit(Value samples, DType dtype, const BandScale& scale) {
  return samples.graph().record_one(std::make_shared<ToUnit>(dtype, scale), std::array{samples});
}

}  // namespace fpanet
