#include "layers/dct.hpp"

#include "kernels/dct.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

using kernels::DctMatrix;

DctMatrix transposed(DctMatrix matrix) {
  switch (matrix) {
    case DctMatrix::forward:
      return DctMatrix::forward_transposed;
    case DctMatrix::inverse:
      return DctMatrix::inverse_transposed;
    case DctMatrix::forward_transposed:
      return DctMatrix::forward;
    case DctMatrix::inverse_transposed:
      return DctMatrix::inverse;
  }
  return matrix;
}

class Dct2d final : public Op {
 public:
  explicit Dct2d(DctMatrix matrix) : matrix_(matrix) {}

  std::string_view name() const override { return "dct2d"; }
  std::string parameters() const override {
    switch (matrix_) {
      case DctMatrix::forward:
        return "forward";
      case DctMatrix::inverse:
        return "inverse";
      case DctMatrix::forward_transposed:
        return "forward, transposed";
      case DctMatrix::inverse_transposed:
        return "inverse, transposed";
    }
    return {};
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::image(name(), "x", in[0]);
    return {in[0]};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::dct2d<T>(device, matrix_, view4<const T>(args.in(0)), view4<T>(args.out()),
                        args.write(), args.workspace);
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<Dct2d>(transposed(matrix_)), {rule.gradient()}, {0});
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    const Shape& s = in[0].shape;
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::dct2d_workspace_bytes<T>(device, s[0], s[1], s[2], s[3]);
    });
  }

  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    const Shape& s = in[0].shape;
    Cost cost = Op::cost(in, out);
    cost.flops = 2 * static_cast<double>(s.numel()) * static_cast<double>(s[2] + s[3]);
    return cost;
  }

 private:
  DctMatrix matrix_;
};

}  // namespace

Value dct2d(Value x) {
  return x.graph().record_one(std::make_shared<Dct2d>(DctMatrix::forward), std::array{x});
}

Value idct2d(Value x) {
  return x.graph().record_one(std::make_shared<Dct2d>(DctMatrix::inverse), std::array{x});
}

}  // namespace fpanet
