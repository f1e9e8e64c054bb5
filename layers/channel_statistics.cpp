#include "layers/channel_statistics.hpp"

#include "kernels/channel_statistics.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class ChannelStatistics final : public Op {
 public:
  std::string_view name() const override { return "channel_statistics"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::image(name(), "x", in[0]);
    return {{{2, in[0].shape[1]}, DType::f64}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::channel_statistics<T>(device, view4<const T>(args.in(0)), args.out().data<double>(),
                                     args.workspace);
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::channel_statistics_workspace_bytes<T>(device, rows(in[0].shape),
                                                            fastest(in[0].shape));
    });
  }

  bool differentiable() const override { return false; }
};

}  // namespace

Value channel_statistics(Value x) {
  return x.graph().record_one(std::make_shared<ChannelStatistics>(), std::array{x});
}

}  // namespace fpanet
