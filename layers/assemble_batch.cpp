#include "layers/assemble_batch.hpp"

#include <fmt/core.h>

#include "kernels/assemble_batch.hpp"
#include "kernels/high_pass.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

constexpr Index kItemBytes = sizeof(kernels::BatchItem);

class AssembleBatch final : public Op {
 public:
  AssembleBatch(std::uint8_t ignore_byte, std::int32_t ignore_label, DType dtype)
      : ignore_byte_(ignore_byte), ignore_label_(ignore_label), dtype_(dtype) {}

  std::string_view name() const override { return "assemble_batch"; }
  std::string parameters() const override {
    return fmt::format("{} ignore={}->{}", name_of(dtype_), ignore_byte_, ignore_label_);
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::dtype(name(), "scenes", in[0], DType::u8);
    check::dtype(name(), "scene_labels", in[1], DType::u8);
    check::dtype(name(), "items", in[2], DType::u8);
    const Shape &scenes = in[0].shape, &items = in[2].shape;
    require(scenes.rank() == 4 && scenes[1] == 3 && scenes[2] >= kernels::kLowFrequencies &&
                scenes[3] >= kernels::kLowFrequencies,
            "assemble_batch: scenes={} must be (S,3,H,W) of at least {} pixels each way", scenes,
            kernels::kLowFrequencies);
    check::shape(name(), "scene_labels", in[1], {scenes[0], 1, scenes[2], scenes[3]},
                 "one per pixel of the scenes");
    require(items.rank() == 2 && items[1] == kItemBytes,
            "assemble_batch: items={} must be (N,{}), a BatchItem for each image", items,
            kItemBytes);
    const Spec images{{items[0], 3, scenes[2], scenes[3]}, dtype_};
    check::floating(name(), "the batch", images);
    return {images, {{items[0], 1, scenes[2], scenes[3]}, DType::i32}};
  }

  void run(const RunArgs& args) const override {
    const Shape& s = args.out(0).shape();
    const kernels::BatchAssembly batch{
        .scene_images = args.in(0).data<std::uint8_t>(),
        .scene_labels = args.in(1).data<std::uint8_t>(),
        .items = reinterpret_cast<const kernels::BatchItem*>(args.in(2).raw()),
        .n = s[0],
        .h = s[2],
        .w = s[3],
        .ignore_byte = ignore_byte_,
        .ignore_label = ignore_label_};
    dispatch(name(), args.context, dtype_, [&]<class T>(const auto& device, Type<T>) {
      kernels::assemble_batch<T>(device, batch, args.out(0).data<T>(),
                                 args.out(1).data<std::int32_t>(), args.workspace);
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    const Shape& s = in[0].shape;
    return dispatch(name(), context, dtype_, [&]<class T>(const auto& device, Type<T>) {
      return kernels::assemble_batch_workspace_bytes<T>(device, in[2].shape[0], s[2], s[3]);
    });
  }

  /// Only the scenes of the batch are read: their images twice, their labels once.
  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    const auto pixels = static_cast<double>(out[1].shape.numel());
    Cost cost;
    cost.flops = 4.0 * kernels::kLowFrequencies * 3 * pixels;
    cost.bytes = 7 * pixels + static_cast<double>(in[2].bytes() + out[0].bytes() + out[1].bytes());
    return cost;
  }

  bool differentiable() const override { return false; }

 private:
  std::uint8_t ignore_byte_;
  std::int32_t ignore_label_;
  DType dtype_;
};

}  // namespace

AssembledBatch assemble_batch(Value scenes, Value scene_labels, Value items,
                              std::uint8_t ignore_byte, std::int32_t ignore_label, DType dtype) {
  const std::vector<Value> made =
      scenes.graph().record(std::make_shared<AssembleBatch>(ignore_byte, ignore_label, dtype),
                            std::array{scenes, scene_labels, items});
  return {made[0], made[1]};
}

}  // namespace fpanet
