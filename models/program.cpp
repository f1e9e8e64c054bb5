#include "models/program.hpp"

#include <array>

#include "engine/core/error.hpp"
#include "engine/core/profile_range.hpp"
#include "layers/activation.hpp"
#include "layers/adamw.hpp"
#include "layers/cast.hpp"
#include "layers/confusion.hpp"
#include "layers/softmax_dice.hpp"
#include "layers/to_unit.hpp"

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

/// The usual case, in which softmax and loss are a single op.
bool ends_in_softmax_dice(const Network& model, const DiceLossOptions& loss) {
  const Activation activation = model.activation();
  return (activation == Activation::softmax2d || activation == Activation::softmax) &&
         loss.mode == kernels::DiceMode::multiclass && !loss.from_logits;
}

}  // namespace

double Readback::loss() const {
  done_.wait();
  return loss_.cast(DType::f64).data<double>()[0];
}

const Tensor& Readback::confusion() const {
  done_.wait();
  return confusion_;
}

Program::Program(const Context& context, const Network& model, AdamWState* optimizer,
                 const ParameterStore& store, const ProgramOptions& options, FoldedWeights* folded)
    : options_(options), store_(store), optimizer_(optimizer), folded_(folded), graph_(context) {
  require(options.kind != ProgramKind::train || optimizer != nullptr,
          "program: training needs an optimizer");
  require(options.kind != ProgramKind::predict || !options.source,
          "program: prediction takes images, not a source of batches");
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
                       .scale = source.scale},
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
  Forward forward{
      .graph = graph_, .training = options_.kind == ProgramKind::train, .folded = folded_};
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
  if (ends_in_softmax_dice(model, options_.loss)) {
    const SoftmaxDice end = softmax_dice(logits, labels_, options_.loss);
    probabilities_ = end.probabilities;
    loss_ = end.loss;
  } else {
    probabilities_ = activated();
    loss_ = dice_loss(probabilities_, labels_, options_.loss);
  }
  if (options_.kind == ProgramKind::evaluate || options_.keep_probabilities) {
    graph_.keep(probabilities_);
  }
  confusion_ = fpanet::confusion(probabilities_, labels_, options_.loss.ignore_index);
  graph_.keep(loss_);
  graph_.keep(confusion_);
  if (options_.kind == ProgramKind::train) record_update(store);
}

void Program::record_update(const ParameterStore& store) {
  graph_.backward(loss_);
  graph_.begin_update();
  AdamWRegions regions{.parameters = graph_.state("parameters", store.values()),
                       .gradients = graph_.state("gradients", store.gradients()),
                       .moment1 = graph_.state("exp_avg", optimizer_->moment1()),
                       .moment2 = graph_.state("exp_avg_sq", optimizer_->moment2()),
                       .hyper = graph_.state("hyper", optimizer_->hyper())};
  if (store.twins().defined()) regions.twins = graph_.state("twins", store.twins());
  adamw(regions, store.segments(graph_.trained_parameters()), options_.adamw);
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
  optimizer_->begin_step(graph_.context());
  if (to_dropout_rng_) {
    const std::array<std::int64_t, 2> rng = {0, optimizer_->step()};
    to_dropout_rng_->send(graph_.context(), std::as_bytes(std::span(rng)));
  }
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

const Readback& Program::read_back() {
  require(loss_.defined(), "program: prediction has no loss");
  const Context& context = graph_.context();
  if (readbacks_.empty()) {
    for (int i = 0; i < 2; ++i) {
      readbacks_.emplace_back(staging_tensor(context, loss_.shape(), loss_.dtype()),
                              staging_tensor(context, confusion_.shape(), confusion_.dtype()),
                              Event(context));
    }
  }
  Readback& readback = readbacks_[next_readback_];
  next_readback_ = 1 - next_readback_;
  copy_async(context, readback.loss_, executor().tensor(loss_));
  copy_async(context, readback.confusion_, executor().tensor(confusion_));
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
