#include "apps/fpanet_predict/predictor.hpp"

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "data/image_tensor.hpp"
#include "data/padding.hpp"

namespace fpanet {

namespace {

/// The upper left part of probabilities (1,classes,H,W).
Tensor cropped(const Tensor& probabilities, Index height, Index width) {
  const Shape& shape = probabilities.shape();
  Tensor part = Tensor::empty({1, shape[1], height, width}, probabilities.dtype());
  const std::size_t pixel = static_cast<std::size_t>(shape[1]) * size_of(probabilities.dtype());
  const std::size_t row = static_cast<std::size_t>(width) * pixel;
  for (Index y = 0; y < height; ++y) {
    const auto from = static_cast<std::size_t>(y * shape[3]) * pixel;
    std::copy_n(probabilities.raw() + from, row, part.raw() + static_cast<std::size_t>(y) * row);
  }
  return part;
}

}  // namespace

Predictor::Predictor(const Placement& placement, const ModelFile& file, std::vector<Symmetry> over)
    : session_(placement, file.network, std::nullopt), over_(std::move(over)) {
  load_model(session_.store(), session_.network(), file.weights);
  const Tensor values = session_.store().values().to(Device::cpu());
  checksum_ = static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(values.raw()), values.bytes()));
}

Tensor Predictor::run(const Image& image, const PixelFormat& pixels) {
  if (over_ == std::vector{Symmetry{}}) return run_once(image, pixels);
  return average_over(over_, tensor_of(image), [&](const Tensor& copy) {
    const Image turned = image_of(copy, 0);
    return cropped(run_once(turned, pixels), turned.height, turned.width);
  });
}

Tensor Predictor::run_once(const Image& image, const PixelFormat& pixels) {
  const ImageSize size =
      padded_size({image.height, image.width}, session_.network().output_stride(),
                  session_.network().smallest_side());
  Program& ready = program(size, pixels);
  ready.images().copy_from(tensor_of(pad_by_reflection(image, size)));
  ready.run();
  return ready.probabilities().to(Device::cpu());
}

Probabilities Predictor::windows(const PixelFormat& pixels, Index batch, const ImageSize& window) {
  // The largest program reserves the memory that all share.
  session_.forget_programs();
  program({batch, pixels.bands.count(), window.height, window.width}, pixels);
  return [this, pixels](const Tensor& images) {
    return average_over(over_, images, [&](const Tensor& copies) {
      Program& ready = program(copies.shape(), pixels);
      ready.images().copy_from(copies);
      ready.run();
      return ready.probabilities().to(Device::cpu());
    });
  };
}

Program& Predictor::program(const Shape& images, const PixelFormat& pixels) {
  return session_.program({.kind = ProgramKind::predict,
                           .batch = images[0],
                           .height = images[2],
                           .width = images[3],
                           .image_dtype = pixels.type,
                           .scale = pixels.scale});
}

Predictor::Sized::Sized(ModelSession& session, const ImageSize& image_size,
                        const PixelFormat& format)
    : size(image_size),
      pixels(format),
      arena(session.placement().device()),
      program(session.placement().context, session.network(), nullptr, session.store(),
              {.kind = ProgramKind::predict,
               .height = size.height,
               .width = size.width,
               .image_dtype = pixels.type,
               .scale = pixels.scale},
              &session.folded()) {
  program.bind(arena);
}

Program& Predictor::program(const ImageSize& size, const PixelFormat& pixels) {
  if (sized_ == nullptr || sized_->size != size || sized_->pixels != pixels) {
    sized_.reset();  // frees its memory before the next program allocates
    sized_ = std::make_unique<Sized>(session_, size, pixels);
  }
  return sized_->program;
}

}  // namespace fpanet
