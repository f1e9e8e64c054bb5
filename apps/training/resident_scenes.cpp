#include "apps/training/resident_scenes.hpp"

#include <algorithm>

#include "apps/cli/memory.hpp"
#include "engine/core/cuda_device.hpp"
#include "engine/core/error.hpp"
#include "kernels/assemble_batch.hpp"

namespace fpanet {
namespace {

Device device_of(const Context& context) {
  const Cuda* const cuda = std::get_if<Cuda>(&context);
  return cuda != nullptr ? Device::cuda(cuda->index) : Device::cpu();
}

void upload(const Image& image, const Tensor& to) {
  require(image.pixels.size() == to.bytes() && image.type == to.dtype(),
          "resident scenes: an image is {} with {} bands of {}, but the first is {} of {}",
          image.size_str(), image.channels, name_of(image.type), to.shape(), name_of(to.dtype()));
  copy_bytes(to.raw(), to.device(), image.pixels.data(), Device::cpu(), to.bytes());
}

kernels::BatchItem to_item(const AugmentDraw& draw, Index place, Index height, Index width) {
  kernels::BatchItem item{.walk = pixel_walk(height, width, draw.flip_horizontal,
                                             draw.flip_vertical, draw.quarter_turns),
                          .scene = static_cast<std::int32_t>(place),
                          .alpha = static_cast<float>(draw.alpha),
                          .beta = static_cast<float>(draw.beta),
                          .shifts_colours = draw.colours.has_value()};
  std::ranges::copy(brightness_contrast_table(draw.alpha, draw.beta), item.table);
  if (draw.colours) item.colours = hsv_tables(*draw.colours);
  return item;
}

}  // namespace

std::size_t ResidentScenes::bytes_of(Index height, Index width, Index bands, DType type) {
  const std::size_t pixel = static_cast<std::size_t>(bands) * size_of(type) + 1;  // and a label
  return static_cast<std::size_t>(height * width) * pixel;
}

ResidentScenes::ResidentScenes(const Context& context, SceneStore& store,
                               std::span<const Index> scenes, const BandScale& scale,
                               bool shift_colours)
    : context_(context), scale_(scale), shift_colours_(shift_colours) {
  require(!scenes.empty(), "resident scenes: there are none");
  const auto count = static_cast<Index>(scenes.size());
  const auto first = store.get(scenes.front());
  const Index h = first->image.height, w = first->image.width;
  images_ =
      Tensor::empty({count, first->image.channels, h, w}, first->image.type, device_of(context));
  labels_ = Tensor::empty({count, 1, h, w}, DType::u8, device_of(context));
  for (Index i = 0; i < count; ++i) {
    const auto scene = store.get(scenes[static_cast<std::size_t>(i)]);
    upload(scene->image, images_.slice(i, 1));
    upload(scene->labels.labels, labels_.slice(i, 1));
    place_[scenes[static_cast<std::size_t>(i)]] = i;
  }
}

ResidentScenes::Items& ResidentScenes::items_for(Index count) {
  const auto found = items_.find(count);
  if (found != items_.end()) return found->second;
  const auto bytes = static_cast<Index>(sizeof(kernels::BatchItem));
  const Tensor memory = Tensor::empty({count, bytes}, DType::u8, device_of(context_));
  return items_.emplace(count, Items{memory, Uplink(memory)}).first->second;
}

BatchSource ResidentScenes::source(Index count) {
  return {.scenes = images_,
          .scene_labels = labels_,
          .items = items_for(count).memory,
          .ignore_byte = kIgnoreByte,
          .ignore_label = kIgnoreLabel,
          .scale = scale_,
          .shift_colours = shift_colours_};
}

void ResidentScenes::draw(std::span<const Index> scenes, const LoaderOptions& options,
                          Index epoch) {
  std::vector<kernels::BatchItem> drawn;
  for (const Index scene : scenes) {
    const AugmentDraw draw = draw_augment(options, epoch, scene, {height(), width()});
    require(shift_colours_ || !draw.colours,
            "resident scenes: a draw shifts colours, which these were not made for");
    drawn.push_back(to_item(draw, place_.at(scene), height(), width()));
  }
  items_for(static_cast<Index>(scenes.size()))
      .uplink.send(context_, std::as_bytes(std::span(drawn)));
}

std::string why_not_resident(const ImageSize& size, const LoaderOptions& options) {
  if (options.crop_to) return "--sample crop cuts its windows there";
  if (options.ranks > 1) return "each rank reads its parts of the batches only";
  return size.native() ? "images of native size may differ in size" : "";
}

std::unique_ptr<ResidentScenes> make_resident(const Context& context, SceneStore& store,
                                              std::span<const Index> scenes, const ImageSize& size,
                                              const LoaderOptions& options, Console& console) {
  constexpr std::size_t kShareOfFree = 4;
  const Cuda* const cuda = std::get_if<Cuda>(&context);
  if (cuda == nullptr) return nullptr;
  if (const std::string reason = why_not_resident(size, options); !reason.empty()) {
    console.info("batches come from the host: {}", reason);
    return nullptr;
  }
  const auto first = store.get(scenes.front());
  const Image& image = first->image;
  const std::size_t needed = scenes.size() * ResidentScenes::bytes_of(image.height, image.width,
                                                                      image.channels, image.type);
  const std::size_t free = cuda_free_bytes(cuda->index);
  const auto str = [](std::size_t bytes) { return bytes_str(static_cast<std::int64_t>(bytes)); };
  if (needed > free / kShareOfFree) {
    console.info(
        "batches come from the host: {} scenes need {}, but only a quarter of the {} free on the "
        "GPU may be used",
        scenes.size(), str(needed), str(free));
    return nullptr;
  }
  auto resident =
      std::make_unique<ResidentScenes>(context, store, scenes, options.scale,
                                       options.augment == Augment::strong && options.shift_colours);
  console.info("batches are made on the GPU: {} scenes use {} of its memory", scenes.size(),
               str(resident->bytes()));
  return resident;
}

}  // namespace fpanet
