#include "apps/common/evaluator.hpp"

#include "data/mask.hpp"

namespace fpanet {

void EpochMetrics::add(double batch_loss, const Stats& stats) {
  const auto imagewise = [&](Metric metric) {
    return score(metric, stats, Reduction::micro_imagewise);
  };
  loss.add(batch_loss, stats.images);
  iou.add(imagewise(Metric::iou), stats.images);
  accuracy.add(imagewise(Metric::accuracy), stats.images);
  precision.add(imagewise(Metric::precision), stats.images);
  recall.add(imagewise(Metric::recall), stats.images);
  f1.add(imagewise(Metric::f_beta), stats.images);
}

void Tally::add(const Program& program) {
  const Tensor counts = program.confusion();
  const Index images = counts.shape()[0];
  const std::span<const std::int64_t> numbers = counts.span<std::int64_t>();
  metrics_.add(program.loss(),
               stats_from_confusion(numbers, images, confusion_.classes(), ignore_));
  confusion_.add(numbers);
  images_ += images;
}

DiceLossOptions dice_options(bool ignore) {
  return {.from_logits = false,
          .ignore_index = ignore ? std::optional<Index>(kIgnoreLabel) : std::nullopt};
}

void fill(Program& program, const Batch& batch) {
  program.images().copy_from(batch.images);
  const Tensor& labels = program.labels();
  labels.copy_from(batch.labels.reshaped(labels.shape()));
}

Tally evaluate(ModelSession& session, Loader& loader, bool ignore, const BatchDone& done) {
  Tally tally(session.model().options().classes, ignore);
  loader.start(0);
  while (const auto batch = loader.next()) {
    const Shape& images = batch->images.shape();
    Program& program = session.program({.kind = ProgramKind::evaluate,
                                        .batch = images[0],
                                        .height = images[2],
                                        .width = images[3],
                                        .loss = dice_options(ignore)});
    fill(program, *batch);
    program.run();
    tally.add(program);
    if (done && !done(*batch, program)) break;
  }
  return tally;
}

}  // namespace fpanet
