#include "apps/fpanet_predict/predictor.hpp"

#include <algorithm>

#include "apps/prediction/padding.hpp"

namespace fpanet {

Predictor::Predictor(const Placement& placement, const ModelFile& file)
    : session_(placement, file.network, std::nullopt) {
  load_model(session_.store(), session_.network(), file.weights);
}

Tensor Predictor::run(const Image& image) {
  const ImageSize size =
      padded_size({image.height, image.width}, session_.network().output_stride(),
                  session_.network().smallest_side());
  Program& ready = program(size);
  const Image padded = pad_by_reflection(image, size);
  const Tensor input = Tensor::empty({1, 3, size.height, size.width}, DType::u8);
  std::ranges::copy(padded.samples<std::uint8_t>(), input.span<std::uint8_t>().begin());
  ready.images().copy_from(input);
  ready.run();
  return ready.probabilities().to(Device::cpu());
}

Predictor::Sized::Sized(ModelSession& session, const ImageSize& image_size)
    : size(image_size),
      arena(session.placement().device()),
      program(session.placement().context, session.network(), nullptr, session.store(),
              {.kind = ProgramKind::predict, .height = size.height, .width = size.width},
              &session.folded()) {
  program.bind(arena);
}

Program& Predictor::program(const ImageSize& size) {
  if (sized_ == nullptr || sized_->size != size) {
    sized_.reset();  // frees its memory before the next program allocates
    sized_ = std::make_unique<Sized>(session_, size);
  }
  return sized_->program;
}

}  // namespace fpanet
