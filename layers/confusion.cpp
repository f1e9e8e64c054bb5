#include "layers/confusion.hpp"

#include "kernels/confusion.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class Confusion final : public Op {
 public:
  explicit Confusion(std::optional<Index> ignore_index) : ignore_index_(ignore_index) {}

  std::string_view name() const override { return "confusion"; }
  std::string parameters() const override {
    return fmt::format("ignore_index={}", ignore_index_ ? std::to_string(*ignore_index_) : "none");
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Shape& s = in[0].shape;
    check::image(name(), "scores", in[0]);
    check::dtype(name(), "labels", in[1], DType::i32);
    require(in[1].shape == Shape{s[0], 1, s[2], s[3]},
            "confusion: labels={} must be ({},1,{},{}) for scores={}", in[1].shape, s[0], s[2],
            s[3], s);
    return {{{s[0], s[1] + 1, s[1] + 1}, DType::i64}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::confusion<T>(device, view4<const T>(args.in(0)), args.in(1).data<std::int32_t>(),
                            ignore_index_, args.out().data<std::int64_t>(), args.workspace);
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    const Shape& s = in[0].shape;
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::confusion_workspace_bytes<T>(device, s[0], s[1], s[2], s[3]);
    });
  }

  bool differentiable() const override { return false; }

 private:
  std::optional<Index> ignore_index_;
};

}  // namespace

Value confusion(Value scores, Value labels, std::optional<Index> ignore_index) {
  return scores.graph().record_one(std::make_shared<Confusion>(ignore_index),
                                   std::array{scores, labels});
}

}  // namespace fpanet
