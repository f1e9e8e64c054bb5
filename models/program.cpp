#include "models/program.hpp"

#include <array>
#include <cmath>

#include "engine/core/error.hpp"
#include "engine/core/profile_range.hpp"
#include "layers/activation.hpp"
#include "layers/cast.hpp"
#include "layers/confusion.hpp"
#include "layers/sum_of_squares.hpp"
#include "layers/to_unit.hpp"
#include "models/parameter_modules.hpp"

namespace fpanet {

namespace {

const char* name_of(ProgramKind kind) {
  switch (kind) {
    case ProgramKind::train:
      return "training step";
    case ProgramKind::evaluate:
      return "evaluation";
    case ProgramKind::predict:
      return "prediction";
  }
  return "?";
}

}  // namespace

bool BatchSource::operator==(const BatchSource& other) const {
  const auto same_memory = [&](const Tensor BatchSource::*tensor) {
    return (this->*tensor).raw() == (other.*tensor).raw() &&
           (this->*tensor).shape() == (other.*tensor).shape();
  };
  return same_memory(&BatchSource::scenes) && same_memory(&BatchSource::scene_labels) &&
         same_memory(&BatchSource::items) && scale == other.scale &&
         shift_colours == other.shift_colours && ignore_byte == other.ignore_byte &&
         ignore_label == other.ignore_label;
}

double Readback::loss() const {
  done_.wait();
  return loss_.cast(DType::f64).data<double>()[0];
}

const Tensor& Readback::confusion() const {
  done_.wait();
  return confusion_;
}

std::vector<ModuleNorms> Readback::norms() const {
  done_.wait();
  std::vector<ModuleNorms> norms;
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    norms.push_back({.module = modules_[i],
                     .gradient = std::sqrt(gradient_squares_.span<double>()[i]),
                     .weight = std::sqrt(weight_squares_.span<double>()[i])});
  }
  return norms;
}

Program::Program(const Context& context, const Network& model, AdamWState* optimizer,
                 const ParameterStore& store, const ProgramOptions& options, FoldedWeights* folded)
    : options_(options),
      store_(store),
      optimizer_(optimizer),
      folded_(folded),
      graph_(context),
      encoder_prefix_(model.encoder_prefix()) {
  require(options.kind != ProgramKind::train || optimizer != nullptr,
          "program: training needs an optimizer");
  require(options.kind != ProgramKind::predict || !options.source,
          "program: prediction takes images, not a source of batches");
  const EncoderTraining& encoder = options.encoder;
  require(encoder == EncoderTraining{} || !encoder_prefix_.empty(),
          "program: network {} has no encoder, which the options are for", model.config().name);
  record(model, store);
  plan_.emplace(graph_);
}

/// Records the inputs or the batch assembly; returns the prepared images.
Value Program::record_inputs(const Network& model, const Forward& forward, DType dtype) {
  const Index n = options_.batch, h = options_.height, w = options_.width;
  if (options_.source) {
    const BatchSource& source = *options_.source;
    const AssembledBatch batch =
        model.prepare({.scenes = graph_.constant("scenes", source.scenes),
                       .scene_labels = graph_.constant("scene labels", source.scene_labels),
                       .items = graph_.state("batch items", source.items),
                       .ignore_byte = source.ignore_byte,
                       .ignore_label = source.ignore_label,
                       .scale = source.scale,
                       .shift_colours = source.shift_colours},
                      dtype, forward.activations.value_or(dtype));
    const Shape made{n, 1, h, w};
    require(batch.labels.shape() == made, "program: the source makes labels of {}, not of {}",
            batch.labels.shape(), made);
    labels_ = batch.labels;
    return batch.images;
  }
  images_ = graph_.input("images", Spec{{n, model.config().bands, h, w}, options_.image_dtype});
  if (options_.kind != ProgramKind::predict) {
    labels_ = graph_.input("labels", Spec{{n, 1, h, w}, DType::i32});
  }
  const bool samples = options_.scale || options_.image_dtype == DType::u8;
  return model.prepare(
      samples ? to_unit(images_, dtype, options_.scale.value_or(BandScale::bytes())) : images_);
}

void Program::record(const Network& model, const ParameterStore& store) {
  Forward forward{.graph = graph_,
                  .training = options_.kind == ProgramKind::train,
                  .folded = folded_,
                  .reduction = options_.reduction.get(),
                  .encoder_frozen = options_.encoder.frozen};
  if (options_.encoder.frozen) graph_.freeze(encoder_prefix_);
  if (store.twins().defined()) forward.activations = store.twins().dtype();
  if (forward.training && model.has_dropout()) {
    dropout_rng_ = Tensor::zeros({2}, DType::i64, store.device());
    to_dropout_rng_.emplace(dropout_rng_);
    forward.dropout_rng = graph_.state("dropout.rng", dropout_rng_);
  }
  const Value prepared = record_inputs(model, forward, store.dtype());
  const Value logits = model.logits(forward, prepared);
  const auto activated = [&] {
    return activate(in_dtype(logits, store.dtype()), model.activation());
  };
  if (options_.kind == ProgramKind::predict) {
    probabilities_ = activated();
    graph_.keep(probabilities_);
    return;
  }
  const ObjectiveValues end =
      record_objective(options_.objective, logits, labels_, model.activation(), store.dtype(),
                       options_.reduction.get());
  probabilities_ = end.probabilities;
  loss_ = end.loss;
  if (options_.kind == ProgramKind::evaluate || options_.keep_probabilities) {
    graph_.keep(probabilities_);
  }
  confusion_ = fpanet::confusion(probabilities_, end.labels, end.ignore_index);
  graph_.keep(loss_);
  graph_.keep(confusion_);
  if (options_.kind == ProgramKind::train) record_backward(store);
}

bool Program::updates() const {
  return options_.micro_batch == MicroBatch::only || options_.micro_batch == MicroBatch::last;
}

void Program::record_backward(const ParameterStore& store) {
  Graph::BackwardOptions backward;
  const bool is_only = options_.micro_batch == MicroBatch::only;
  if (!is_only || options_.ranked.share != 1) {
    loss_share_ = Tensor::zeros(loss_.shape(), loss_.dtype(), store.device());
    to_loss_share_.emplace(loss_share_);
    backward.seed = graph_.state("loss share", loss_share_);
    backward.accumulate = !is_only && options_.micro_batch != MicroBatch::first;
    if (is_only) send_loss_share(options_.ranked.share);
  }
  std::optional<GradientBuckets> buckets;
  if (updates() && options_.ranked.ranks != nullptr) {
    buckets.emplace(graph_, store, *options_.ranked.ranks, options_.ranked.buckets);
    backward.completed = [&](const std::vector<std::string>& names) { buckets->add(names); };
  }
  graph_.backward(loss_, backward);
  if (buckets) buckets->finish();
  if (updates()) record_update(store);
}

void Program::record_update(const ParameterStore& store) {
  graph_.begin_update();
  const std::vector<std::string> trained = graph_.trained_parameters();
  AdamWRegions regions{.parameters = graph_.state("parameters", store.values()),
                       .gradients = graph_.state("gradients", store.gradients()),
                       .moment1 = graph_.state("exp_avg", optimizer_->moment1()),
                       .moment2 = graph_.state("exp_avg_sq", optimizer_->moment2()),
                       .hyper = graph_.state("hyper", optimizer_->hyper())};
  if (store.twins().defined()) regions.twins = graph_.state("twins", store.twins());
  if (optimizer_->keeps_average()) {
    regions.average = graph_.state("average", optimizer_->average());
  }
  if (options_.measure_norms) record_norms(store, regions, trained);
  if (std::isfinite(options_.adamw.max_norm)) {
    regions.squared_norm = sum_of_squares(regions.gradients, {store.segments(trained)});
  }
  kernels::AdamWOptions of_encoder = options_.adamw;
  of_encoder.lr_factor = options_.encoder.lr_factor;
  of_encoder.missed_steps = static_cast<double>(options_.encoder.missed_steps);
  if (of_encoder == options_.adamw) {
    adamw(regions, store.segments(trained), options_.adamw);
    return;
  }
  std::vector<std::string> encoder, others;
  for (const std::string& name : trained) {
    (name.starts_with(encoder_prefix_) ? encoder : others).push_back(name);
  }
  if (!encoder.empty()) adamw(regions, store.segments(encoder), of_encoder);
  adamw(regions, store.segments(others), options_.adamw);
}

void Program::record_norms(const ParameterStore& store, const AdamWRegions& regions,
                           const std::vector<std::string>& trained) {
  std::vector<std::vector<Segment>> groups;
  for (const ModuleParameters& module : modules_of(trained)) {
    modules_.push_back(module.name);
    groups.push_back(store.segments(module.parameters));
  }
  gradient_squares_ = sum_of_squares(regions.gradients, groups);
  weight_squares_ = sum_of_squares(regions.parameters, groups);
  graph_.keep(gradient_squares_);
  graph_.keep(weight_squares_);
}

void Program::bind(Arena& arena) {
  executor_.emplace(graph_, *plan_, arena);
  renew_twins(graph_.context(), store_);
}

const Executor& Program::executor() const {
  require(executor_.has_value(), "program: run or read before bind()");
  return *executor_;
}

const Tensor& Program::images() const {
  require(images_.defined(), "program: a source makes the images");
  return executor().tensor(images_);
}

const Tensor& Program::labels() const {
  require(labels_.defined(), "program: prediction takes no labels");
  require(!options_.source, "program: a source makes the labels");
  return executor().tensor(labels_);
}

void Program::begin_run() {
  if (options_.kind != ProgramKind::train) {
    if (folded_ != nullptr) folded_->refresh(graph_.context());
    return;
  }
  if (folded_ != nullptr) folded_->mark_stale();
  if (to_dropout_rng_) {
    const std::array<std::int64_t, 2> rng = {micro_batch_, optimizer_->step() + 1};
    to_dropout_rng_->send(graph_.context(), std::as_bytes(std::span(rng)));
  }
  if (updates()) optimizer_->begin_step(graph_.context());
}

void Program::set_micro_batch(Index index, Index count) {
  require(options_.micro_batch != MicroBatch::only,
          "program: it makes a step of its own, with one micro-batch");
  micro_batch_ = index;
  send_loss_share(options_.ranked.share / static_cast<double>(count));
}

void Program::send_loss_share(double share) {
  const auto single = static_cast<float>(share);
  const bool is_double = loss_.dtype() == DType::f64;
  to_loss_share_->send(graph_.context(), is_double ? std::as_bytes(std::span(&share, 1))
                                                   : std::as_bytes(std::span(&single, 1)));
}

void Program::run() {
  const ProfileRange range(graph_.context(), name_of(options_.kind));
  begin_run();
  executor().run();
}

void Program::run_timed(std::vector<double>& seconds) {
  begin_run();
  executor().run_timed(seconds);
}

Readback Program::make_readback() const {
  const Context& context = graph_.context();
  const auto staging = [&](Value value) {
    return staging_tensor(context, value.shape(), value.dtype());
  };
  Readback readback(staging(loss_), staging(confusion_), Event(context));
  if (modules_.empty()) return readback;
  readback.modules_ = modules_;
  readback.gradient_squares_ = staging(gradient_squares_);
  readback.weight_squares_ = staging(weight_squares_);
  return readback;
}

const Readback& Program::read_back() {
  require(loss_.defined(), "program: prediction has no loss");
  const Context& context = graph_.context();
  while (readbacks_.size() < 2) readbacks_.push_back(make_readback());
  Readback& readback = readbacks_[next_readback_];
  next_readback_ = 1 - next_readback_;
  copy_async(context, readback.loss_, executor().tensor(loss_));
  copy_async(context, readback.confusion_, executor().tensor(confusion_));
  if (!modules_.empty()) {
    copy_async(context, readback.gradient_squares_, executor().tensor(gradient_squares_));
    copy_async(context, readback.weight_squares_, executor().tensor(weight_squares_));
  }
  readback.done_.record();
  return readback;
}

double Program::loss() const {
  require(loss_.defined(), "program: prediction has no loss");
  return executor().tensor(loss_).to(Device::cpu()).cast(DType::f64).data<double>()[0];
}

const Tensor& Program::probabilities() const {
  return executor().tensor(probabilities_);
}

Tensor Program::confusion() const {
  require(confusion_.defined(), "program: prediction has no confusion counts");
  return executor().tensor(confusion_).to(Device::cpu());
}

}  // namespace fpanet
