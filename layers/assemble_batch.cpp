#include "layers/assemble_batch.hpp"

#include <fmt/core.h>

#include "engine/core/sample_type.hpp"
#include "kernels/assemble_batch.hpp"
#include "kernels/high_pass.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

constexpr Index kItemBytes = sizeof(kernels::BatchItem);

kernels::SampleType sample_type(DType type) {
  switch (type) {
    case DType::u16:
      return kernels::SampleType::u16;
    case DType::i16:
      return kernels::SampleType::i16;
    case DType::f32:
      return kernels::SampleType::f32;
    default:
      return kernels::SampleType::u8;
  }
}

class AssembleBatch final : public Op {
 public:
  explicit AssembleBatch(const AssembleBatchOptions& options) : options_(options) {}

  std::string_view name() const override { return "assemble_batch"; }
  std::string parameters() const override {
    const std::string filter =
        options_.high_pass ? fmt::format(" high_pass={}", *options_.high_pass) : "";
    const std::string scale =
        options_.scale == BandScale::bytes() ? "" : fmt::format(" scale={}", options_.scale.str());
    return fmt::format("{} ignore={}->{}{}{}{}", name_of(options_.dtype), options_.ignore_byte,
                       options_.ignore_label, filter, scale,
                       options_.shift_colours ? " colours" : "");
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    require(is_sample_type(in[0].dtype),
            "assemble_batch: scenes are {}; expected u8, u16, i16 or f32", name_of(in[0].dtype));
    require(in[0].dtype != DType::u8 || options_.scale.is_uniform(),
            "assemble_batch: scenes of bytes have one scale for all bands, not {}",
            options_.scale.str());
    check::dtype(name(), "scene_labels", in[1], DType::u8);
    check::dtype(name(), "items", in[2], DType::u8);
    const Shape &scenes = in[0].shape, &items = in[2].shape;
    const Index radius = options_.high_pass.value_or(0);
    require(radius >= 0 && radius <= kernels::kHighPassRadius,
            "assemble_batch: high-pass radius {} is not from 0 to {}", radius,
            kernels::kHighPassRadius);
    constexpr Index kMostBands{BandScale::kMostBands};
    require(scenes.rank() == 4 && scenes[1] >= 1 && scenes[1] <= kMostBands && scenes[2] > radius &&
                scenes[3] > radius,
            "assemble_batch: scenes={} must be (S,C,H,W) of 1 to {} bands and at least {} pixels "
            "each way",
            scenes, kMostBands, radius + 1);
    require(!options_.shift_colours || (in[0].dtype == DType::u8 && scenes[1] == 3),
            "assemble_batch: colours can be shifted of u8 scenes of 3 bands, not of {} of {}",
            name_of(in[0].dtype), scenes[1]);
    check::shape(name(), "scene_labels", in[1], {scenes[0], 1, scenes[2], scenes[3]},
                 "one per pixel of the scenes");
    require(items.rank() == 2 && items[1] == kItemBytes,
            "assemble_batch: items={} must be (N,{}), a BatchItem for each image", items,
            kItemBytes);
    const Spec images{{items[0], scenes[1], scenes[2], scenes[3]}, options_.dtype};
    check::floating(name(), "the batch", images);
    return {images, {{items[0], 1, scenes[2], scenes[3]}, DType::i32}};
  }

  void run(const RunArgs& args) const override {
    const Shape& s = args.out(0).shape();
    const kernels::BatchAssembly batch{
        .scene_images = args.in(0).raw(),
        .scene_type = sample_type(args.in(0).dtype()),
        .scene_labels = args.in(1).data<std::uint8_t>(),
        .items = reinterpret_cast<const kernels::BatchItem*>(args.in(2).raw()),
        .n = s[0],
        .c = s[1],
        .h = s[2],
        .w = s[3],
        .scale = options_.scale,
        .ignore_byte = options_.ignore_byte,
        .ignore_label = options_.ignore_label,
        .high_pass = options_.high_pass,
        .shift_colours = options_.shift_colours};
    dispatch(name(), args.context, options_.dtype, [&]<class T>(const auto& device, Type<T>) {
      kernels::assemble_batch<T>(device, batch, args.out(0).data<T>(),
                                 args.out(1).data<std::int32_t>(), args.workspace);
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    const Shape& s = in[0].shape;
    return dispatch(name(), context, options_.dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::assemble_batch_workspace_bytes<T>(device, in[2].shape[0], s[1], s[2], s[3],
                                                        options_.high_pass, options_.shift_colours);
    });
  }

  /// Only the scenes of the batch are read: their labels once, their images once, or twice when they
  /// are filtered.
  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    const auto pixels = static_cast<double>(out[1].shape.numel());
    const auto bands = static_cast<double>(in[0].shape[1]);
    const double image_bytes = pixels * bands * static_cast<double>(size_of(in[0].dtype));
    Cost cost;
    cost.flops = options_.high_pass
                     ? 4.0 * static_cast<double>(*options_.high_pass + 1) * bands * pixels
                     : bands * pixels;
    cost.bytes = (options_.high_pass ? 2 : 1) * image_bytes + pixels +
                 static_cast<double>(in[2].bytes() + out[0].bytes() + out[1].bytes());
    return cost;
  }

  bool differentiable() const override { return false; }

 private:
  AssembleBatchOptions options_;
};

}  // namespace

AssembledBatch assemble_batch(Value scenes, Value scene_labels, Value items,
                              const AssembleBatchOptions& options) {
  const std::vector<Value> made = scenes.graph().record(std::make_shared<AssembleBatch>(options),
                                                        std::array{scenes, scene_labels, items});
  return {made[0], made[1]};
}

}  // namespace fpanet
