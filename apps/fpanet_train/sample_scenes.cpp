#include "apps/fpanet_train/sample_scenes.hpp"

#include <algorithm>

#include "apps/prediction/prediction.hpp"
#include "apps/training/pixel_choice.hpp"
#include "data/mask.hpp"
#include "data/resize.hpp"

namespace fpanet {

namespace {

constexpr std::size_t kSamples = 6;
constexpr Index kLongestSide = 512;

/// The size of a picture as it is shown.
ImageSize shown_size(const ImageSize& size) {
  const Index longest = std::max(size.height, size.width);
  if (longest <= kLongestSide) return size;
  const auto shrunk = [&](Index side) { return std::max<Index>(1, side * kLongestSide / longest); };
  return {shrunk(size.height), shrunk(size.width)};
}

}  // namespace

void add_samples(std::vector<ReportSample>& samples, const TrainingData& data, const Batch& batch,
                 const Tensor& probabilities, const Bands& show) {
  if (samples.size() >= kSamples) return;
  const ClassTable& classes = data.dataset().classes();
  const Tensor on_cpu = probabilities.to(Device::cpu());
  for (Index i = 0; i < batch.size() && samples.size() < kSamples; ++i) {
    const auto scene = data.store->get(batch.scenes[static_cast<std::size_t>(i)]);
    const ImageSize size{scene->image.height, scene->image.width}, shown = shown_size(size);
    const auto colors = [&](const Image& labels) {
      return colors_from_labels(resize(labels, shown, Interpolation::nearest), classes);
    };
    samples.push_back({.name = batch.ids[static_cast<std::size_t>(i)],
                       .image = resize(rgb_preview(scene->image, data.pixels, show), shown,
                                       Interpolation::linear),
                       .mask = colors(scene->labels.labels),
                       .prediction = colors(likeliest_labels(on_cpu, i, size)),
                       .image_title = preview_title(data.pixels.bands, show)});
  }
}

}  // namespace fpanet
