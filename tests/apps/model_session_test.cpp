#include "apps/training/model_session.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "layers/batch_reduction.hpp"
#include "models/fpanet.hpp"

namespace fpanet {
namespace {

class OnePart final : public BatchReduction {
 public:
  Value total(Value sums) const override { return sums; }
  Value whole_statistics(Value statistics, Index) const override { return statistics; }
  Index whole_pixels(Index pixels) const override { return pixels; }
};

TEST_CASE("programs that differ in any one option are distinct") {
  const FPANetOptions small{.encoder_name = "resnet18",
                            .encoder_depth = 3,
                            .decoder_channels = {8, 8, 8},
                            .decoder_pab_channels = 4,
                            .classes = 3};
  ModelSession session({.context = Cpu{1}}, to_config(small), 1e-3);
  session.store().initialize(1);
  const ProgramOptions base{.kind = ProgramKind::train, .batch = 2, .height = 16, .width = 16};
  BatchSource source{.scenes = Tensor::zeros({2, 3, 16, 16}, DType::u8),
                     .scene_labels = Tensor::zeros({2, 1, 16, 16}, DType::u8),
                     .items = Tensor::zeros({2, 264}, DType::u8)};
  using Change = std::function<void(ProgramOptions&)>;
  const std::vector<Change> changes = {
      [](ProgramOptions& o) { o.kind = ProgramKind::evaluate; },
      [](ProgramOptions& o) { o.batch = 3; },
      [](ProgramOptions& o) { o.height = 24; },
      [](ProgramOptions& o) { o.width = 24; },
      [](ProgramOptions& o) { o.image_dtype = DType::f32; },
      [](ProgramOptions& o) {
        o.objective.terms = {{1, "ce"}};
      },
      [](ProgramOptions& o) {
        o.objective.terms = {{0.5, "dice"}};
      },
      [](ProgramOptions& o) {
        o.objective.class_weights = {1, 2, 3};
      },
      [](ProgramOptions& o) { o.objective.ignored_classes = {1}; },
      [](ProgramOptions& o) { o.objective.ignore_index = -1; },
      [](ProgramOptions& o) { o.objective.dice.smooth = 1; },
      [](ProgramOptions& o) {
        o.objective.terms = {{1, "ce"}};
        o.objective.label_smoothing = 0.1;
      },
      [](ProgramOptions& o) { o.reduction = std::make_shared<OnePart>(); },
      [](ProgramOptions& o) { o.adamw.weight_decay = 0.5; },
      [](ProgramOptions& o) { o.adamw.beta1 = 0.8; },
      [](ProgramOptions& o) { o.adamw.beta2 = 0.8; },
      [](ProgramOptions& o) { o.adamw.eps = 1e-5; },
      [](ProgramOptions& o) { o.keep_probabilities = true; },
      [](ProgramOptions& o) { o.micro_batch = MicroBatch::first; }};
  Program& first = session.program(base);
  std::vector<const Program*> programs = {&first};
  for (const Change& change : changes) {
    ProgramOptions other = base;
    change(other);
    CHECK_FALSE(session.has_program(other));
    Program& program = session.program(other);
    CHECK(session.has_program(other));
    CHECK(&session.program(other) == &program);
    for (const Program* earlier : programs) CHECK(earlier != &program);
    programs.push_back(&program);
  }
  CHECK(&session.program(base) == &first);

  // A source is its memory; recording it needs scenes of a shape that fits, which is not tried here.
  ProgramOptions with_source = base, with_other_source = base;
  with_source.source = source;
  source.items = source.items.clone();
  with_other_source.source = source;
  CHECK(with_source != base);
  CHECK(with_source != with_other_source);
  CHECK(with_source == ProgramOptions(with_source));
}

}  // namespace
}  // namespace fpanet
