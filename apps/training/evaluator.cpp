#include "apps/training/evaluator.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/training/rank_parts.hpp"
#include "apps/training/together.hpp"
#include "engine/core/error.hpp"
#include "engine/core/parallel.hpp"
#include "layers/confusion.hpp"

namespace fpanet {

namespace {

/// Natural logarithms, of the smallest normal number where a probability is below it.
template <class T>
Tensor logarithms_of(const Tensor& probabilities) {
  Tensor y = Tensor::empty(probabilities.shape(), probabilities.dtype());
  std::ranges::transform(probabilities.span<T>(), y.span<T>().begin(),
                         [](T p) { return std::log(std::max(p, std::numeric_limits<T>::min())); });
  return y;
}

Tensor logarithms(const Tensor& probabilities) {
  return probabilities.dtype() == DType::f64 ? logarithms_of<double>(probabilities)
                                             : logarithms_of<float>(probabilities);
}

/// What puts the loss of a batch that ranks share together; null if there is nothing to put together, or
/// if each rank has the loss of its part.
std::shared_ptr<const BatchReduction> loss_reduction(ModelSession& session, const Batch& batch) {
  return divides(session.objective()) ? session.reduction(batch.whole) : nullptr;
}

/// Tallies the batches of one epoch of `loader`, of which `run` computes the results.
template <class Run>
Tally evaluate_by(const Run& run, const ModelSession& session, Loader& loader,
                  const BatchDone& done) {
  Tally tally(session.network().config().classes, session.objective());
  const Dataset& data = loader.store().dataset();
  Communicator& ranks = session.ranks();
  loader.start(0);
  for (Index number = 0; const auto batch = loader.next(); ++number) {
    const BatchResult result = run(*batch);
    const PartResult whole = join_parts(ranks, {result.loss, result.confusion}, batch->whole,
                                        divides(session.objective()));
    if (data.windowed()) {
      std::vector<Index> pictures;
      for (const Index scene : loader.batch_scenes(0, number)) {
        pictures.push_back(data.picture_of(scene));
      }
      tally.add_windows(whole.loss, whole.confusion, pictures);
    } else {
      tally.add(whole.loss, whole.confusion);
    }
    const bool stops = done && !done(*batch, result);
    if (on_any(ranks, stops)) break;
  }
  tally.finish();
  return tally;
}

}  // namespace

void EpochMetrics::add(double batch_loss, const Stats& batch) {
  const Stats stats = batch.of_counted_images();
  if (stats.images == 0) return;
  loss.add(batch_loss, stats.images);
  add_scores(stats);
}

void EpochMetrics::add_scores(const Stats& stats) {
  const auto imagewise = [&](Metric metric) {
    return score(metric, stats, Reduction::micro_imagewise);
  };
  iou.add(imagewise(Metric::iou), stats.images);
  accuracy.add(imagewise(Metric::accuracy), stats.images);
  precision.add(imagewise(Metric::precision), stats.images);
  recall.add(imagewise(Metric::recall), stats.images);
  f1.add(imagewise(Metric::f_beta), stats.images);
}

bool any_counted(const Stats& stats) {
  return stats.of_counted_images().images > 0;
}

void Tally::add(double loss, const Tensor& confusion) {
  metrics_.add(loss, stats_of(confusion));
  confusion_.add(confusion.span<std::int64_t>());
  images_ += confusion.shape()[0];
}

void Tally::add_windows(double loss, const Tensor& confusion, std::span<const Index> pictures) {
  const Stats windows = stats_of(confusion).of_counted_images();
  if (windows.images > 0) metrics_.loss.add(loss, windows.images);
  const auto counts = confusion.span<std::int64_t>();
  confusion_.add(counts);
  const std::size_t size = counts.size() / pictures.size();
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    if (picture_ != pictures[i]) {
      finish();
      picture_ = pictures[i];
      of_picture_.assign(size, 0);
    }
    for (std::size_t k = 0; k < size; ++k) of_picture_[k] += counts[i * size + k];
  }
}

void Tally::finish() {
  if (!picture_) return;
  const Stats whole =
      stats_from_confusion(of_picture_, 1, confusion_.classes(), true).of_counted_images();
  if (whole.images > 0) metrics_.add_scores(whole);
  ++images_;
  picture_.reset();
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
  return evaluate_by(
      [&](const Batch& batch) {
        const Shape& images = batch.images.shape();
        Program& program = session.program({.kind = ProgramKind::evaluate,
                                            .batch = images[0],
                                            .height = images[2],
                                            .width = images[3],
                                            .image_dtype = session.pixels().type,
                                            .scale = session.pixels().scale,
                                            .objective = session.objective(),
                                            .reduction = loss_reduction(session, batch)});
        fill(program, batch);
        program.run();
        return BatchResult{program.loss(), program.confusion(), program.probabilities()};
      },
      session, loader, done);
}

Tally evaluate_averaged(ModelSession& session, Loader& loader, const std::vector<Symmetry>& over,
                        const BatchDone& done) {
  require(session.network().activation() == Activation::softmax2d,
          "evaluation: test-time averaging is made for a softmax over the classes, and network {} "
          "ends in {}",
          session.network().config().name, name_of(session.network().activation()));
  const auto probabilities = [&](const Tensor& images) {
    const Shape& shape = images.shape();
    Program& program = session.program({.kind = ProgramKind::predict,
                                        .batch = shape[0],
                                        .height = shape[2],
                                        .width = shape[3],
                                        .image_dtype = session.pixels().type,
                                        .scale = session.pixels().scale});
    program.images().copy_from(images);
    program.run();
    return program.probabilities().to(Device::cpu());
  };
  return evaluate_by(
      [&](const Batch& batch) {
        return judge(session.objective(), average_over(over, batch.images, probabilities),
                     batch.labels, loss_reduction(session, batch).get());
      },
      session, loader, done);
}

BatchResult judge(const Objective& objective, const Tensor& probabilities, const Tensor& labels,
                  const BatchReduction* reduction) {
  Graph graph(Cpu{default_threads()}, Graph::Mode::eager);
  const Shape& shape = probabilities.shape();
  const Value logits = graph.input("logarithms", logarithms(probabilities));
  const ObjectiveValues end = record_objective(
      objective, logits, graph.input("labels", labels.reshaped({shape[0], 1, shape[2], shape[3]})),
      Activation::softmax2d, probabilities.dtype(), reduction);
  // The largest probability, not the largest logarithm: these may be equal where those are not.
  const Value counts =
      confusion(graph.input("probabilities", probabilities), end.labels, end.ignore_index);
  return {graph.tensor(end.loss).cast(DType::f64).data<double>()[0], graph.tensor(counts),
          probabilities};
}

}  // namespace fpanet
