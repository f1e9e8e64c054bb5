#include "layers/global_pool.hpp"

#include "kernels/global_pool.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class GlobalAvgPoolBackward final : public Op {  // dy -> dx
 public:
  explicit GlobalAvgPoolBackward(const Spec& x) : x_(x) {}

  std::string_view name() const override { return "global_avg_pool_backward"; }

  std::vector<Spec> infer(std::span<const Spec>) const override { return {x_}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, x_.dtype, [&]<class T>(const auto& device, Type<T>) {
      kernels::global_avg_pool_backward<T>(device, args.in(0).data<T>(), view4<T>(args.out()),
                                           args.write());
    });
  }

 private:
  Spec x_;
};

class GlobalAvgPool final : public Op {
 public:
  std::string_view name() const override { return "global_avg_pool"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::image(name(), "x", in[0]);
    return {{{in[0].shape[0], in[0].shape[1], 1, 1}, in[0].dtype}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::global_avg_pool<T>(device, view4<const T>(args.in(0)), args.out().data<T>());
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<GlobalAvgPoolBackward>(rule.input(0).spec()), {rule.gradient()},
              {0});
  }
};

class GlobalMaxPoolBackward final : public Op {  // dy, winner -> dx
 public:
  explicit GlobalMaxPoolBackward(const Spec& x) : x_(x) {}

  std::string_view name() const override { return "global_max_pool_backward"; }

  std::vector<Spec> infer(std::span<const Spec>) const override { return {x_}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, x_.dtype, [&]<class T>(const auto& device, Type<T>) {
      kernels::global_max_pool_backward<T>(device, args.in(0).data<T>(),
                                           args.in(1).data<std::int32_t>(), view4<T>(args.out()),
                                           args.write());
    });
  }

 private:
  Spec x_;
};

class GlobalMaxPool final : public Op {  // x -> y, winner
 public:
  std::string_view name() const override { return "global_max_pool"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::image(name(), "x", in[0]);
    const Shape y{in[0].shape[0], in[0].shape[1], 1, 1};
    return {{y, in[0].dtype}, {y, DType::i32}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::global_max_pool<T>(device, view4<const T>(args.in(0)), args.out(0).data<T>(),
                                  args.out(1).data<std::int32_t>());
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<GlobalMaxPoolBackward>(rule.input(0).spec()),
              {rule.gradient(), rule.output(1)}, {0});
  }
};

}  // namespace

Value global_avg_pool(Value x) {
  return x.graph().record_one(std::make_shared<GlobalAvgPool>(), std::array{x});
}

Value global_max_pool(Value x) {
  return x.graph().record(std::make_shared<GlobalMaxPool>(), std::array{x})[0];
}

}  // namespace fpanet
