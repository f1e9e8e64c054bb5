#include "apps/training/evaluator.hpp"

namespace fpanet {

void EpochMetrics::add(double batch_loss, const Stats& batch) {
  const Stats stats = batch.of_counted_images();
  if (stats.images == 0) return;
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

bool any_counted(const Stats& stats) {
  return stats.of_counted_images().images > 0;
}

void Tally::add(const Program& program) {
  const Tensor counts = program.confusion();
  metrics_.add(program.loss(), stats_of(counts));
  confusion_.add(counts.span<std::int64_t>());
  images_ += counts.shape()[0];
}

Stats stats_of(const Tensor& confusion) {
  const Shape& shape = confusion.shape();
  return stats_from_confusion(confusion.span<std::int64_t>(), shape[0], shape[1] - 1, true);
}

void fill(Program& program, const Batch& batch) {
  program.images().copy_from(batch.images);
  const Tensor& labels = program.labels();
  labels.copy_from(batch.labels.reshaped(labels.shape()));
}

Tally evaluate(ModelSession& session, Loader& loader, const BatchDone& done) {
  Tally tally(session.network().config().classes, session.objective());
  loader.start(0);
  while (const auto batch = loader.next()) {
    const Shape& images = batch->images.shape();
    Program& program = session.program({.kind = ProgramKind::evaluate,
                                        .batch = images[0],
                                        .height = images[2],
                                        .width = images[3],
                                        .image_dtype = session.pixels().type,
                                        .scale = session.pixels().scale,
                                        .objective = session.objective()});
    fill(program, *batch);
    program.run();
    tally.add(program);
    if (done && !done(*batch, program)) break;
  }
  return tally;
}

}  // namespace fpanet
