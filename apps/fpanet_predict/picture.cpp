// Pictures that the network sees whole.

#include "apps/fpanet_predict/job.hpp"
#include "apps/prediction/npy.hpp"
#include "apps/prediction/prediction.hpp"
#include "apps/report/figures.hpp"
#include "data/image_file.hpp"
#include "data/mask.hpp"
#include "data/resize.hpp"

namespace fpanet {
namespace {

/// The probability of the likeliest class, (H,W), of probabilities (classes,H,W).
std::vector<float> largest(const std::vector<float>& planar, Index classes) {
  const std::size_t plane = planar.size() / static_cast<std::size_t>(classes);
  std::vector<float> best(planar.begin(), planar.begin() + static_cast<std::ptrdiff_t>(plane));
  for (std::size_t i = plane; i < planar.size(); ++i) {
    best[i % plane] = std::max(best[i % plane], planar[i]);
  }
  return best;
}

}  // namespace

void predict_picture(const PredictJob& job, const PredictInput& input) {
  const PredictOptions& options = job.options;
  const Image picture = read_image(input.file, {.bands = job.bands});
  const PixelFormat pixels =
      resolve_pixels(options.pixels, job.trained, picture.type, input.file.filename().string());
  const Image image = resize(picture, options.image_size, Interpolation::linear);
  const ImageSize size{image.height, image.width};
  const Tensor probabilities = job.predictor.run(image, pixels);
  const Image labels = likeliest_labels(probabilities, 0, size);
  const Image colors = colors_from_labels(labels, job.classes);
  const MapFiles files = job.files(input);
  write_png(files.file("_mask.png"), colors);
  write_png(files.file("_labels.png"), labels);
  if (options.overlay) {
    write_png(files.file("_overlay.png"),
              overlay(rgb_preview(image, pixels, job.show), colors, kOverlayOpacity));
  }
  if (options.probabilities || options.confidence) {
    const std::vector<float> planar = planar_probabilities(probabilities, 0, size);
    if (options.probabilities) {
      write_npy(files.file("_probs.npy"), planar, {job.classes.size(), size.height, size.width});
    }
    if (options.confidence) {
      write_npy(files.file("_confidence.npy"), largest(planar, job.classes.size()),
                {size.height, size.width});
    }
  }
  job.areas.add(labels.pixels, std::nullopt);
}

}  // namespace fpanet
