#include "layers/ignore_labels.hpp"

#include "engine/core/join.hpp"
#include "kernels/ignore_labels.hpp"
#include "layers/checks.hpp"

namespace fpanet {
namespace {

class IgnoreLabels final : public Op {
 public:
  IgnoreLabels(std::vector<Index> classes, Index ignore_label)
      : classes_(std::move(classes)), ignore_label_(static_cast<std::int32_t>(ignore_label)) {}

  std::string_view name() const override { return "ignore_labels"; }
  std::string parameters() const override {
    return fmt::format("classes={} label={}", join(classes_, ","), ignore_label_);
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::dtype(name(), "labels", in[0], DType::i32);
    for (const Index label : classes_) {
      require(label >= 0 && label < kernels::ClassSet::kMost,
              "ignore_labels: class {} must lie in [0,{})", label, kernels::ClassSet::kMost);
    }
    return {in[0]};
  }

  void run(const RunArgs& args) const override {
    kernels::ClassSet set;
    for (const Index label : classes_) set.add(label);
    const Tensor &labels = args.in(0), &out = args.out();
    const auto count = static_cast<std::size_t>(labels.numel());
    std::visit(
        [&](const auto& device) {
          kernels::ignore_labels(device, {labels.data<std::int32_t>(), count}, set, ignore_label_,
                                 {out.data<std::int32_t>(), count});
        },
        args.context);
  }

  bool differentiable() const override { return false; }

 private:
  std::vector<Index> classes_;
  std::int32_t ignore_label_;
};

}  // namespace

Value ignore_labels(Value labels, const std::vector<Index>& classes, Index ignore_label) {
  if (classes.empty()) return labels;
  return labels.graph().record_one(std::make_shared<IgnoreLabels>(classes, ignore_label),
                                   std::array{labels});
}

}  // namespace fpanet
