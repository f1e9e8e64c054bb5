#pragma once
// FPA-Net as a recorded, planned program of one batch size: training step, evaluation or
// prediction.
//
//   images u8 -> [0,1] -> FPANet -> probabilities -> Dice loss, per-image confusion counts
//   train adds: backward, AdamW over every parameter the loss reaches
//
// With scenes in the device's memory the batch is made in the program: images and labels from what was
// drawn for each image.

#include <memory>
#include <optional>
#include <vector>

#include "engine/graph/executor.hpp"
#include "engine/optim/adamw_state.hpp"
#include "kernels/adamw.hpp"
#include "layers/dice.hpp"
#include "models/fpanet.hpp"

namespace fpanet {

enum class ProgramKind : std::uint8_t { train, evaluate, predict };

/// Inputs of layers/assemble_batch.hpp, in the program's device memory. `items` may change between runs.
struct BatchSource {
  Tensor scenes, scene_labels, items;
  std::uint8_t ignore_byte = 255;
  std::int32_t ignore_label = -1;
};

struct ProgramOptions {
  ProgramKind kind = ProgramKind::predict;
  Index batch = 1;
  Index height = 320;
  Index width = 320;
  /// Bytes as the loader delivers them, or numbers in the model's dtype.
  DType image_dtype = DType::u8;
  /// Given: images and labels come from there, in training and evaluation.
  std::optional<BatchSource> source = std::nullopt;
  /// The notebook's loss; ignore_index also leaves pixels out of the confusion counts.
  DiceLossOptions loss = {.from_logits = false};
  kernels::AdamWOptions adamw = {};
  /// Training keeps no probabilities unless asked to.
  bool keep_probabilities = false;
};

/// Loss and counts of one run on their way to the host.
class Readback {
 public:
  Readback(Tensor loss, Tensor confusion, Event done)
      : loss_(std::move(loss)), confusion_(std::move(confusion)), done_(std::move(done)) {}

  /// Both wait until the run is done.
  double loss() const;
  const Tensor& confusion() const;  ///< i64 (N,classes+1,classes+1), on the CPU

 private:
  friend class Program;

  Tensor loss_, confusion_;
  Event done_;
};

class Program {
 public:
  /// Records and plans. `optimizer` is needed for training and must outlive the program, as must
  /// `model`, `store` and their memory. A store with twins (ParameterStore::allocate_twin) makes it a
  /// program in mixed precision: what lies between image and logits is computed in their dtype.
  /// `folded`, which the programs of a model share, makes evaluation and prediction fold batch norm into
  /// the convolutions.
  Program(const Context& context, const FPANet& model, AdamWState* optimizer,
          const ParameterStore& store, const ProgramOptions& options,
          FoldedWeights* folded = nullptr);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const ProgramOptions& options() const { return options_; }
  const Graph& graph() const { return graph_; }
  const Plan& plan() const { return *plan_; }

  /// Binds the program's memory, and renews the twins: parameters set by hand after this are seen by
  /// programs in mixed precision only once another is bound. Reserve the arena for every plan that
  /// will share it first.
  void bind(Arena& arena);
  bool bound() const { return executor_.has_value(); }

  /// To fill, unless there is a source: (N,C,H,W) of image_dtype. Inputs stay until another program runs in
  /// the same arena.
  const Tensor& images() const;
  const Tensor& labels() const;  ///< to fill with them: i32 (N,1,H,W); not in prediction
  /// Runs once; on a GPU, enqueues it and returns. In training the optimizer's step count advances.
  void run();
  /// Starts to fetch loss and counts of the last run, without waiting for it. What is returned
  /// belongs to that run until the second call after this one.
  const Readback& read_back();
  /// Same, adding each node's seconds to `seconds`.
  void run_timed(std::vector<double>& seconds);

  double loss() const;                  ///< of the last run, for which it waits
  const Tensor& probabilities() const;  ///< (N,classes,H,W); in training only when kept
  Tensor confusion() const;             ///< i64 (N,classes+1,classes+1), on the CPU

 private:
  void record(const FPANet& model, const ParameterStore& store);
  Value record_inputs(const FPANet& model, const Forward& forward, DType dtype);
  void record_update(const ParameterStore& store);
  void begin_run();
  const Executor& executor() const;

  ProgramOptions options_;
  const ParameterStore& store_;
  AdamWState* optimizer_;
  FoldedWeights* folded_;
  Tensor dropout_rng_;  // i64 (2): seed, step
  std::optional<Uplink> to_dropout_rng_;
  Graph graph_;
  Value images_;  // undefined when there is a source
  Value labels_, loss_, probabilities_, confusion_;
  std::optional<Plan> plan_;
  std::optional<Executor> executor_;
  std::vector<Readback> readbacks_;  // two, in turns
  std::size_t next_readback_ = 0;
};

}  // namespace fpanet
