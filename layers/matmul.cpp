#include "layers/matmul.hpp"

#include <array>

#include "kernels/matmul.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

using kernels::Product;

std::string_view name_of(Product product) {
  switch (product) {
    case Product::ab:
      return "a b";
    case Product::abt:
      return "a b^T";
    case Product::atb:
      return "a^T b";
  }
  return "?";
}

/// The batch size and the sizes of one product.
struct Sizes {
  Index items, rows, cols, depth;
};

class Matmul final : public Op {
 public:
  explicit Matmul(Product product) : product_(product) {}

  std::string_view name() const override { return "matmul"; }
  std::vector<OpAttribute> attributes() const override {
    return {{"transpose_a", product_ == Product::atb ? 1.0 : 0.0},
            {"transpose_b", product_ == Product::abt ? 1.0 : 0.0}};
  }
  std::string parameters() const override { return std::string(name_of(product_)); }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Spec &a = in[0], &b = in[1];
    check::floating(name(), "a", a);
    const int rank = a.shape.rank();
    require(a.dtype == b.dtype && rank == b.shape.rank() && (rank == 2 || rank == 3),
            "matmul: a={} {} and b={} {} must both be (rows,cols) or (N,rows,cols) of one type",
            a.shape, name_of(a.dtype), b.shape, name_of(b.dtype));
    const Sizes s = sizes(in);
    const Index b_items = rank == 3 ? b.shape[0] : 1;
    const Index b_depth = b.shape[product_ == Product::abt ? rank - 1 : rank - 2];
    require(s.items == b_items && s.depth == b_depth,
            "matmul: {} does not fit: batches {} and {}, summed sizes {} and {} (a={}, b={})",
            parameters(), s.items, b_items, s.depth, b_depth, a.shape, b.shape);
    if (rank == 2) return {{{s.rows, s.cols}, a.dtype}};
    return {{{s.items, s.rows, s.cols}, a.dtype}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::matmul<T>(device, product_, matrices<const T>(args.in(0)),
                         matrices<const T>(args.in(1)), matrices<T>(args.out()), args.write(),
                         args.workspace);
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    const Sizes s = sizes(in);
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      const auto no_data = [](const Spec& spec) {
        const Shape& shape = spec.shape;
        const int last = shape.rank() - 1;
        return Matrices<const T>{nullptr, last == 2 ? shape[0] : 1, shape[last - 1], shape[last]};
      };
      return kernels::matmul_workspace_bytes<T>(device, product_, no_data(in[0]), no_data(in[1]),
                                                {nullptr, s.items, s.rows, s.cols});
    });
  }

  void backward(BackwardRule& rule) const override {
    const Value a = rule.input(0), b = rule.input(1), dc = rule.gradient();
    const auto emit = [&](Product product, Value left, Value right, int gradient_of) {
      rule.emit(std::make_shared<Matmul>(product), {left, right}, {gradient_of});
    };
    switch (product_) {
      case Product::ab:
        emit(Product::abt, dc, b, 0);
        emit(Product::atb, a, dc, 1);
        break;
      case Product::abt:
        emit(Product::ab, dc, b, 0);
        emit(Product::atb, dc, a, 1);
        break;
      case Product::atb:
        emit(Product::abt, b, dc, 0);
        emit(Product::ab, a, dc, 1);
        break;
    }
  }

  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    const Sizes s = sizes(in);
    Cost cost = Op::cost(in, out);
    cost.flops = 2 * static_cast<double>(s.items * s.rows) * static_cast<double>(s.cols * s.depth);
    return cost;
  }

 private:
  Sizes sizes(std::span<const Spec> in) const {
    const Shape &a = in[0].shape, &b = in[1].shape;
    const int last = a.rank() - 1;
    const bool at = product_ == Product::atb, bt = product_ == Product::abt;
    return {last == 2 ? a[0] : 1, a[at ? last : last - 1], b[bt ? last - 1 : last],
            a[at ? last - 1 : last]};
  }

  Product product_;
};

}  // namespace

Value matmul(Value a, Value b, MatmulParams params) {
  require(!(params.transpose_a && params.transpose_b),
          "matmul: transpose one factor or none, not both (a={}, b={})", a.shape(), b.shape());
  const Product product = params.transpose_a   ? Product::atb
                          : params.transpose_b ? Product::abt
                                               : Product::ab;
  return a.graph().record_one(std::make_shared<Matmul>(product), std::array{a, b});
}

}  // namespace fpanet
