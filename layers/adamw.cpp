#include "layers/adamw.hpp"

#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

/// parameters, gradients, moment1, moment2, hyper [, twins] -> no outputs. Updates inputs 0, 2, 3
/// and 5 in place.
class AdamW final : public Op {
 public:
  AdamW(std::span<const Segment> segments, const kernels::AdamWOptions& options)
      : segments_(segments.begin(), segments.end()), options_(options) {}

  std::string_view name() const override { return "adamw"; }
  std::string parameters() const override {
    return fmt::format("beta1={} beta2={} eps={} weight_decay={} segments={}", options_.beta1,
                       options_.beta2, options_.eps, options_.weight_decay, segments_.size());
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::floating(name(), "parameters", in[0]);
    check::same(name(), "parameters", in[0], "gradients", in[1]);
    check::same(name(), "parameters", in[0], "moment1", in[2]);
    check::same(name(), "parameters", in[0], "moment2", in[3]);
    check::dtype(name(), "hyper", in[4], DType::f64);
    check::shape(name(), "hyper", in[4], {2}, "learning rate and step");
    if (in.size() > kTwins) {
      check::dtype(name(), "twins", in[kTwins], DType::bf16);
      check::shape(name(), "twins", in[kTwins], in[0].shape, "the parameters");
    }
    for (const Segment& s : segments_) {
      require(s.offset >= 0 && s.count >= 0 && s.offset + s.count <= in[0].shape.numel(),
              "adamw: segment [{},{}) reaches past parameters={}", s.offset, s.offset + s.count,
              in[0].shape);
    }
    return {};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      for (const Segment& segment : segments_) {
        const auto part = [&](std::size_t input) {
          return args.in(input).span<T>().subspan(static_cast<std::size_t>(segment.offset),
                                                  static_cast<std::size_t>(segment.count));
        };
        kernels::adamw<T>(device, part(0), part(1), part(2), part(3), args.in(4).data<double>(),
                          options_, twins_of(args, segment));
      }
    });
  }

  bool updates(std::size_t input) const override {
    return input == 0 || input == 2 || input == 3 || input == kTwins;
  }
  bool differentiable() const override { return false; }
  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    Cost cost = Op::cost(in, out);
    if (in.size() > kTwins) cost.bytes -= static_cast<double>(in[kTwins].bytes());  // never read
    return cost;
  }

 private:
  static constexpr std::size_t kTwins = 5;

  static std::span<bfloat16> twins_of(const RunArgs& args, const Segment& segment) {
    if (args.inputs.size() <= kTwins) return {};
    return args.in(kTwins).span<bfloat16>().subspan(static_cast<std::size_t>(segment.offset),
                                                    static_cast<std::size_t>(segment.count));
  }

  std::vector<Segment> segments_;
  kernels::AdamWOptions options_;
};

}  // namespace

void adamw(const AdamWRegions& regions, std::span<const Segment> segments,
           const kernels::AdamWOptions& options) {
  std::vector<Value> inputs{regions.parameters, regions.gradients, regions.moment1, regions.moment2,
                            regions.hyper};
  if (regions.twins) inputs.push_back(*regions.twins);
  regions.parameters.graph().record(std::make_shared<AdamW>(segments, options), inputs);
}

}  // namespace fpanet
