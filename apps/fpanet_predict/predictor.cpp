#include "apps/fpanet_predict/predictor.hpp"

#include <cstring>

#include "apps/prediction/padding.hpp"

namespace fpanet {

Predictor::Predictor(const Placement& placement, const ModelFile& file)
    : session_(placement, file.network, std::nullopt) {
  load_model(session_.store(), session_.network(), file.weights);
}

Tensor Predictor::run(const Image& image, const PixelFormat& pixels) {
  const ImageSize size =
      padded_size({image.height, image.width}, session_.network().output_stride(),
                  session_.network().smallest_side());
  Program& ready = program(size, pixels);
  const Image padded = pad_by_reflection(image, size);
  const Tensor input = Tensor::empty({1, padded.channels, size.height, size.width}, padded.type);
  std::memcpy(input.raw(), padded.pixels.data(), input.bytes());
  ready.images().copy_from(input);
  ready.run();
  return ready.probabilities().to(Device::cpu());
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
