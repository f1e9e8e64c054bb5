#pragma once
// A network as a recorded and planned program for one batch size: a training step, an evaluation or a
// prediction.
//
//   samples -> [0,1] -> network -> probabilities -> loss (objective.hpp), per-image confusion counts
//   training adds: backward, AdamW over every parameter that the loss reaches; if wanted, the norm of
//   all gradients is clipped before it, and a moving average follows the parameters
//
// When the scenes are in the device's memory (BatchSource), the program itself assembles the images
// and labels from them, as drawn for each image of the batch.

#include <memory>
#include <optional>
#include <vector>

#include "engine/distributed/communicator.hpp"
#include "engine/graph/executor.hpp"
#include "engine/optim/adamw_state.hpp"
#include "kernels/adamw.hpp"
#include "layers/adamw.hpp"
#include "models/gradient_buckets.hpp"
#include "models/network.hpp"
#include "models/objective.hpp"

namespace fpanet {

enum class ProgramKind : std::uint8_t { train, evaluate, predict };

/// The inputs of assemble_batch (layers/assemble_batch.hpp), in the memory of the program's device.
/// `items` may change between runs.
struct BatchSource {
  Tensor scenes, scene_labels, items;
  std::uint8_t ignore_byte = 255;
  std::int32_t ignore_label = -1;
  BandScale scale = BandScale::bytes();
  bool shift_colours = false;  ///< whether items may shift colours

  bool operator==(const BatchSource& other) const;  ///< the same memory, scale and kind of items
};

/// The place of a training program in a step of several micro-batches. The gradient of such a step
/// is the mean of theirs: each adds its share (Program::set_micro_batch) to the gradients, and the
/// last updates the parameters.
enum class MicroBatch : std::uint8_t { only, first, middle, last };

/// How a training step treats the parameters of the encoder.
struct EncoderTraining {
  double lr_factor = 1;
  /// Not updated, not decayed, and batch norm uses the running statistics and leaves them alone. No
  /// gradient is computed.
  bool frozen = false;
  /// Optimizer steps during which it was frozen, which AdamW's bias correction does not count.
  std::int64_t missed_steps = 0;

  bool operator==(const EncoderTraining&) const = default;
};

/// The ranks that compute a training step together, each a part of its batch. Before the update, the
/// gradients of a rank become their sum over the ranks, of `share` times the gradients of each rank's
/// loss: 1 where all ranks have the loss of the whole batch, and the rank's share of the images where
/// each has the loss of its part.
struct RankedGradients {
  Communicator* ranks = nullptr;  ///< none: this process computes the whole step
  double share = 1;
  GradientBuckets::Options buckets = {};

  bool operator==(const RankedGradients&) const = default;
};

struct ProgramOptions {
  ProgramKind kind = ProgramKind::predict;
  Index batch = 1;
  Index height = 320;
  Index width = 320;
  /// The type of the samples that the loader delivers; or, without a scale, the dtype of the model
  /// for values in [0,1].
  DType image_dtype = DType::u8;
  /// How samples become values in [0,1]; none: bytes from 0..255, and other types are values already.
  std::optional<BandScale> scale = std::nullopt;
  /// If given, training and evaluation take images and labels from it.
  std::optional<BatchSource> source = std::nullopt;
  /// Defaults to the notebook's loss.
  Objective objective = {};
  /// If given, the batch is a part of one that is divided (batch_reduction.hpp).
  std::shared_ptr<const BatchReduction> reduction = nullptr;
  RankedGradients ranked = {};       ///< in training
  kernels::AdamWOptions adamw = {};  ///< a finite max_norm clips the gradients
  EncoderTraining encoder = {};      ///< in training
  /// Makes a training program that updates measure its modules (Readback::norms).
  bool measure_norms = false;
  /// Makes a training program keep its probabilities. Evaluation and prediction always do.
  bool keep_probabilities = false;
  MicroBatch micro_batch = MicroBatch::only;  ///< in training

  bool operator==(const ProgramOptions&) const = default;
};

/// What a step did to one module ("encoder.layer1"), before the update: the norms of its weights and
/// of their gradients.
struct ModuleNorms {
  std::string module;
  double gradient = 0, weight = 0;
};

/// The loss, the confusion counts and the norms of one run, in transfer to the host.
class Readback {
 public:
  Readback(Tensor loss, Tensor confusion, Event done)
      : loss_(std::move(loss)), confusion_(std::move(confusion)), done_(std::move(done)) {}

  /// These functions block until the transfer is complete.
  double loss() const;
  const Tensor& confusion() const;  ///< i64 (N,classes+1,classes+1), on the CPU
  /// Of the modules that are trained; none if the program does not measure them.
  std::vector<ModuleNorms> norms() const;

 private:
  friend class Program;

  Tensor loss_, confusion_;
  std::vector<std::string> modules_;
  Tensor gradient_squares_, weight_squares_;  // of the modules; undefined if there are none
  Event done_;
};

class Program {
 public:
  /// Records and plans the program. Training needs `optimizer`. The optimizer, `model`, `store` and
  /// `folded` must outlive the program. If the store has twins (ParameterStore::allocate_twin), the
  /// program runs in mixed precision: it computes everything between image and logits in the twins'
  /// dtype. With `folded`, which all programs of a model share, evaluation and prediction fold
  /// batch norm into the convolutions.
  Program(const Context& context, const Network& model, AdamWState* optimizer,
          const ParameterStore& store, const ProgramOptions& options,
          FoldedWeights* folded = nullptr);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const ProgramOptions& options() const { return options_; }
  const Graph& graph() const { return graph_; }
  const Plan& plan() const { return *plan_; }

  /// Binds the program to the arena's memory and copies the parameters, rounded, to their twins. A
  /// mixed-precision program does not see parameters that are set by hand afterwards until bind()
  /// is called again for any program. Before the first bind, reserve the arena for every plan that
  /// will share it.
  void bind(Arena& arena);
  bool bound() const { return executor_.has_value(); }

  /// The input images (N,C,H,W) of image_dtype, to be filled by the caller; none with a source. The
  /// contents remain valid until another program runs in the same arena.
  const Tensor& images() const;
  /// The input labels, i32 (N,1,H,W), to be filled by the caller; none with a source or in
  /// prediction.
  const Tensor& labels() const;
  /// Says that the next run is micro-batch `index` of a step of `count`, whose losses have a share of
  /// 1 / count each. Call before each run of a program that is not the only one of its step.
  void set_micro_batch(Index index, Index count);
  /// Runs the program once. On a GPU it enqueues the work and returns. In training it also advances
  /// the optimizer's step count.
  void run();
  /// Starts copying the loss and the counts of the last run to the host, without waiting for the
  /// run. The result is reused by the second call after this one.
  const Readback& read_back();
  /// Like run(), and adds each node's time in seconds to `seconds`.
  void run_timed(std::vector<double>& seconds);
  /// Number of nodes of the CUDA graph that run() launches; 0 if it launches none.
  std::size_t graph_nodes() const { return executor().graph_nodes(); }

  double loss() const;                  ///< of the last run; waits for it
  const Tensor& probabilities() const;  ///< (N,classes,H,W); in training only if kept
  Tensor confusion() const;             ///< i64 (N,classes+1,classes+1), on the CPU

 private:
  void record(const Network& model, const ParameterStore& store);
  Value record_inputs(const Network& model, const Forward& forward, DType dtype);
  void record_backward(const ParameterStore& store);
  void send_loss_share(double share);
  void record_update(const ParameterStore& store);
  void record_norms(const ParameterStore& store, const AdamWRegions& regions,
                    const std::vector<std::string>& trained);
  Readback make_readback() const;
  bool updates() const;
  void begin_run();
  const Executor& executor() const;

  ProgramOptions options_;
  const ParameterStore& store_;
  AdamWState* optimizer_;
  FoldedWeights* folded_;
  Tensor dropout_rng_;  // i64 (2): seed, step
  std::optional<Uplink> to_dropout_rng_;
  Index micro_batch_ = 0;  // its index within the step
  Tensor loss_share_;      // one number; undefined if the gradients are those of the loss alone
  std::optional<Uplink> to_loss_share_;
  Graph graph_;
  Value images_;  // undefined when there is a source
  Value labels_, loss_, probabilities_, confusion_;
  std::string encoder_prefix_;
  std::vector<std::string> modules_;         // that are measured
  Value gradient_squares_, weight_squares_;  // undefined if none are
  std::optional<Plan> plan_;
  std::optional<Executor> executor_;
  std::vector<Readback> readbacks_;  // two, used alternately
  std::size_t next_readback_ = 0;
};

}  // namespace fpanet
