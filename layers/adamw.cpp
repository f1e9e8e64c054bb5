#include "layers/adamw.hpp"

#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

/// The positions of optional inputs; 0 for one that is not given.
struct OptionalInputs {
  std::size_t twins = 0, average = 0, squared_norm = 0;
};

/// parameters, gradients, moment1, moment2, hyper and those of OptionalInputs -> no outputs. Updates
/// parameters, moments, twins and the average in place.
class AdamW final : public Op {
 public:
  AdamW(std::span<const Segment> segments, const kernels::AdamWOptions& options,
        const OptionalInputs& optional)
      : segments_(segments.begin(), segments.end()), options_(options), optional_(optional) {}

  std::string_view name() const override { return "adamw"; }
  std::string parameters() const override {
    std::string text = fmt::format("beta1={} beta2={} eps={} weight_decay={}", options_.beta1,
                                   options_.beta2, options_.eps, options_.weight_decay);
    if (options_.lr_factor != 1) text += fmt::format(" lr_factor={}", options_.lr_factor);
    if (options_.missed_steps != 0) text += fmt::format(" missed_steps={}", options_.missed_steps);
    if (optional_.squared_norm > 0) text += fmt::format(" max_norm={}", options_.max_norm);
    if (optional_.average > 0) text += " average";
    return text + fmt::format(" segments={}", segments_.size());
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::floating(name(), "parameters", in[0]);
    check::same(name(), "parameters", in[0], "gradients", in[1]);
    check::same(name(), "parameters", in[0], "moment1", in[2]);
    check::same(name(), "parameters", in[0], "moment2", in[3]);
    check::dtype(name(), "hyper", in[4], DType::f64);
    if (const std::size_t at = optional_.twins; at > 0) {
      check::dtype(name(), "twins", in[at], DType::bf16);
      check::shape(name(), "twins", in[at], in[0].shape, "the parameters");
    }
    if (const std::size_t at = optional_.average; at > 0) {
      check::same(name(), "parameters", in[0], "average", in[at]);
      check::shape(name(), "hyper", in[4], {3}, "learning rate, step and weight of the average");
    } else {
      check::shape(name(), "hyper", in[4], {2}, "learning rate and step");
    }
    if (const std::size_t at = optional_.squared_norm; at > 0) {
      check::dtype(name(), "squared_norm", in[at], DType::f64);
      check::shape(name(), "squared_norm", in[at], {1}, "one number");
    }
    check::segments(name(), segments_, "parameters", in[0]);
    return {};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      for (const Segment& segment : segments_) {
        const auto part = [&](std::size_t input) { return part_of<T>(args, input, segment); };
        const std::size_t norm = optional_.squared_norm;
        kernels::adamw<T>(device, part(0), part(1), part(2), part(3), args.in(4).data<double>(),
                          options_,
                          optional_.twins > 0 ? part_of<bfloat16>(args, optional_.twins, segment)
                                              : std::span<bfloat16>(),
                          optional_.average > 0 ? part(optional_.average) : std::span<T>(),
                          norm > 0 ? args.in(norm).data<double>() : nullptr);
      }
    });
  }

  bool updates(std::size_t input) const override {
    return input == 0 || input == 2 || input == 3 ||
           (input > 0 && (input == optional_.twins || input == optional_.average));
  }
  bool differentiable() const override { return false; }
  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    Cost cost = Op::cost(in, out);
    if (optional_.twins > 0) {  // never read
      cost.bytes -= static_cast<double>(in[optional_.twins].bytes());
    }
    return cost;
  }

 private:
  template <class T>
  static std::span<T> part_of(const RunArgs& args, std::size_t input, const Segment& segment) {
    return args.in(input).span<T>().subspan(static_cast<std::size_t>(segment.offset),
                                            static_cast<std::size_t>(segment.count));
  }

  std::vector<Segment> segments_;
  kernels::AdamWOptions options_;
  OptionalInputs optional_;
};

}  // namespace

void adamw(const AdamWRegions& regions, std::span<const Segment> segments,
           const kernels::AdamWOptions& options) {
  std::vector<Value> inputs{regions.parameters, regions.gradients, regions.moment1, regions.moment2,
                            regions.hyper};
  const auto add = [&](const std::optional<Value>& input) -> std::size_t {
    if (!input) return 0;
    inputs.push_back(*input);
    return inputs.size() - 1;
  };
  const OptionalInputs optional{.twins = add(regions.twins),
                                .average = add(regions.average),
                                .squared_norm = add(regions.squared_norm)};
  regions.parameters.graph().record(std::make_shared<AdamW>(segments, options, optional), inputs);
}

}  // namespace fpanet
