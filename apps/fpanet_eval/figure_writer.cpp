#include "apps/fpanet_eval/figure_writer.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "apps/prediction/prediction.hpp"
#include "apps/report/figures.hpp"
#include "apps/training/pixel_choice.hpp"
#include "data/image_file.hpp"
#include "data/image_tensor.hpp"
#include "data/mask.hpp"
#include "engine/core/error.hpp"

namespace fpanet {
namespace {

Image labels_of(const Batch& batch, Index n, const ImageSize& size) {
  Image labels(size.height, size.width, 1);
  const auto values = batch.labels.slice(n, 1).span<std::int32_t>();
  std::transform(values.begin(), values.end(), labels.pixels.begin(), [](std::int32_t label) {
    return label == kIgnoreLabel ? kIgnoreByte : static_cast<std::uint8_t>(label);
  });
  return labels;
}

}  // namespace

FigureWriter::FigureWriter(std::filesystem::path folder, ClassTable classes, PixelFormat pixels,
                           Bands show)
    : folder_(std::move(folder)),
      classes_(std::move(classes)),
      pixels_(std::move(pixels)),
      show_(std::move(show)) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  require(!error, "{}: cannot create the folder: {}", folder_.string(), error.message());
}

void FigureWriter::write(const Batch& batch, const Tensor& probabilities) const {
  const ImageSize size{batch.images.shape()[2], batch.images.shape()[3]};
  const Tensor on_cpu = probabilities.to(Device::cpu());
  for (Index n = 0; n < batch.size(); ++n) {
    const Image figure =
        scene_figure(rgb_preview(image_of(batch.images, n), pixels_, show_),
                     colors_from_labels(labels_of(batch, n, size), classes_),
                     colors_from_labels(likeliest_labels(on_cpu, n, size), classes_),
                     preview_title(pixels_.bands, show_));
    write_png(folder_ / (batch.ids[static_cast<std::size_t>(n)] + ".png"), figure);
  }
}

}  // namespace fpanet
