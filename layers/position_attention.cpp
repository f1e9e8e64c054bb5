#include "layers/position_attention.hpp"

#include "kernels/position_attention.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

using kernels::AttentionSizes;
using kernels::body::MaxSum;

/// The size of one block of the map. Two blocks are in memory at a time. A block should be large
/// enough that the start of a kernel does not matter.
constexpr Index kBlockBytes = Index{16} << 20;

Index default_block_rows(Index positions, DType dtype) {
  const Index row_bytes = positions * static_cast<Index>(size_of(dtype));
  const Index rows = std::max<Index>(1, kBlockBytes / row_bytes);
  constexpr Index kTile = 64;  // rows of a tile of the matrix product
  return std::min(positions, rows < kTile ? rows : rows / kTile * kTile);
}

AttentionSizes sizes_of(const Shape& center, const Shape& bottom, Index block_rows) {
  return {center[0], center[1], center[2], bottom[2], block_rows};
}

/// The tensor of two doubles per image, as MaxSum.
MaxSum* sums_of(const Tensor& tensor) {
  static_assert(sizeof(MaxSum) == 2 * sizeof(double));
  return reinterpret_cast<MaxSum*>(tensor.data<double>());
}

template <class T>
kernels::AttentionInputs<T> inputs_of(const RunArgs& args) {
  return {args.in(0).data<T>(), args.in(1).data<T>(), args.in(2).data<T>()};
}

std::size_t scratch_of(std::string_view name, const Context& context, DType dtype,
                       const AttentionSizes& s) {
  return dispatch(name, context, dtype, [&]<class T>(const auto& device, Type<T>) {
    return kernels::position_attention_workspace_bytes<T>(device, s);
  });
}

/// center, top, bottom, m, sums, dm -> dcenter, dtop, dbottom
class PositionAttentionBackward final : public Op {
 public:
  explicit PositionAttentionBackward(Index block_rows) : block_rows_(block_rows) {}

  std::string_view name() const override { return "position_attention_backward"; }
  std::string parameters() const override { return fmt::format("block_rows={}", block_rows_); }

  std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0], in[1], in[2]}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::position_attention_backward<T>(
          device, sizes_of(args.in(0).shape(), args.in(2).shape(), block_rows_), inputs_of<T>(args),
          args.in(3).data<T>(), sums_of(args.in(4)), args.in(5).data<T>(),
          {data_or_null<T>(args.out(0)), data_or_null<T>(args.out(1)), data_or_null<T>(args.out(2)),
           args.write(0), args.write(1), args.write(2)},
          args.workspace);
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return scratch_of(name(), context, in[0].dtype,
                      sizes_of(in[0].shape, in[2].shape, block_rows_));
  }

  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    const AttentionSizes s = sizes_of(in[0].shape, in[2].shape, block_rows_);
    Cost cost = Op::cost(in, out);
    cost.flops = 2 * static_cast<double>(s.images * s.positions * s.positions) *
                 static_cast<double>(3 * s.keys + 2 * s.channels);
    return cost;
  }

 private:
  Index block_rows_;
};

class PositionAttentionOp final : public Op {
 public:
  explicit PositionAttentionOp(Index block_rows) : block_rows_(block_rows) {}

  std::string_view name() const override { return "position_attention"; }
  std::string parameters() const override { return fmt::format("block_rows={}", block_rows_); }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Shape &center = in[0].shape, &top = in[1].shape, &bottom = in[2].shape;
    check::floating(name(), "center", in[0]);
    require(in[0].dtype == in[1].dtype && in[0].dtype == in[2].dtype && center.rank() == 3 &&
                bottom.rank() == 3 && center == top && center[0] == bottom[0] &&
                center[1] == bottom[1],
            "position_attention: center={} {}, top={} {} and bottom={} {} must be (N,P,K), (N,P,K) "
            "and (N,P,C) of one type",
            center, name_of(in[0].dtype), top, name_of(in[1].dtype), bottom, name_of(in[2].dtype));
    require(block_rows_ >= 1 && block_rows_ <= center[1],
            "position_attention: block_rows={} must be 1 to P={}", block_rows_, center[1]);
    return {in[2], {{center[0], 2}, DType::f64}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::position_attention<T>(
          device, sizes_of(args.in(0).shape(), args.in(2).shape(), block_rows_), inputs_of<T>(args),
          args.out(0).data<T>(), sums_of(args.out(1)), args.workspace);
    });
  }

  void backward(BackwardRule& rule) const override {
    if (!rule.has_gradient(0)) return;
    rule.emit(std::make_shared<PositionAttentionBackward>(block_rows_),
              {rule.input(0), rule.input(1), rule.input(2), rule.output(0), rule.output(1),
               rule.gradient(0)},
              {0, 1, 2});
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return scratch_of(name(), context, in[0].dtype,
                      sizes_of(in[0].shape, in[2].shape, block_rows_));
  }

  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    const AttentionSizes s = sizes_of(in[0].shape, in[2].shape, block_rows_);
    Cost cost = Op::cost(in, out);
    cost.flops = 2 * static_cast<double>(s.images * s.positions * s.positions) *
                 static_cast<double>(s.keys + s.channels);
    return cost;
  }

 private:
  Index block_rows_;
};

}  // namespace

Value position_attention(Value center, Value top, Value bottom, std::optional<Index> block_rows) {
  const Index positions = center.shape().rank() == 3 ? center.shape()[1] : 1;
  const Index rows = block_rows.value_or(default_block_rows(positions, center.dtype()));
  return center.graph()
      .record(std::make_shared<PositionAttentionOp>(rows), std::array{center, top, bottom})
      .front();
}

}  // namespace fpanet
