#pragma once
// A model with its memory on one device, and the programs made for it so far. There is one program
// per kind, batch size and image size, and all share one arena. The smaller last batch of an epoch
// has a program of its own.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/console.hpp"
#include "data/mask.hpp"
#include "data/pixel_format.hpp"
#include "engine/distributed/communicator.hpp"
#include "models/program.hpp"

namespace fpanet {

/// The device and the arithmetic of a model.
struct Placement {
  Context context;
  DType dtype = DType::f32;  ///< of the parameters
  /// bf16 for mixed precision: the dtype of the activations and of the weights that kernels read.
  std::optional<DType> twin = std::nullopt;
  int threads = 1;  ///< for the work that the CPU does on any device

  Device device() const;
};

/// The values of the command-line flags of the same names.
struct PlacementFlags {
  std::string device = "auto";
  std::string precision = "fp32";
  std::int64_t threads = 0;  ///< 0: default_threads()
  bool deterministic = false;
};

/// Opens the device. `auto` selects the first usable GPU, else the CPU, and reports its choice and
/// why it is not a GPU. Throws UsageError if the device does not support the precision, and Error
/// if it is a GPU that cannot be used. On a processor without kBf16Isa, bf16 is refused
/// unless FPANET_CPU names an ISA (kernels/simd/cpu_isa.hpp). With FPANET_CUDA_GRAPH=0 in the
/// environment, programs on a GPU launch their kernels one by one instead of as a CUDA graph.
Placement resolve_placement(const PlacementFlags& flags, Console& console);

class ModelSession {
 public:
  /// With `learning_rate`, the session is for training and allocates gradients and AdamW's moments.
  /// `pixels` is what the model reads of pictures; by default, the network's first bands as bytes.
  ModelSession(const Placement& placement, const NetworkConfig& network,
               std::optional<double> learning_rate,
               std::optional<PixelFormat> pixels = std::nullopt);

  /// The parameters, for reading and writing. Since they may change, the next evaluation folds
  /// batch norm again, and the next program() rounds the twins again.
  ParameterStore& store() {
    folded_.mark_stale();
    twins_stale_ = true;
    return store_;
  }
  const Network& network() const { return *network_; }
  const PixelFormat& pixels() const { return pixels_; }
  /// What training minimises and evaluation measures; the notebook's Dice until it is set.
  const Objective& objective() const { return objective_; }
  void set_objective(Objective objective) { objective_ = std::move(objective); }
  /// The ranks that share every batch; this process alone until they are set. They must outlive the
  /// session.
  Communicator& ranks() const { return *ranks_; }
  void set_ranks(Communicator& ranks) { ranks_ = &ranks; }
  /// What puts a batch of `images` images together that the ranks share; null for one rank.
  std::shared_ptr<const BatchReduction> reduction(Index images);
  AdamWState* optimizer() { return optimizer_ ? &*optimizer_ : nullptr; }
  /// Whether the parameters are the averaged ones (AdamWState::keep_average) for the time being, or
  /// again those that are trained. Without an average nothing changes. Training needs the latter.
  void use_average(bool averaged);
  bool uses_average() const { return uses_average_; }
  /// Frees all programs, so that others can be made in memory of another size.
  void forget_programs() { programs_.clear(); }
  const Placement& placement() const { return placement_; }
  /// For evaluation and prediction programs that are not made by program().
  FoldedWeights& folded() { return folded_; }
  const Arena& arena() const { return arena_; }

  /// The program for `options`, which is recorded, planned and bound on first use. The arena grows
  /// to the largest program so far, so request the largest (training) first.
  Program& program(const ProgramOptions& options);
  /// Whether program(options) has been called before.
  bool has_program(const ProgramOptions& options) const;

  /// Bytes of parameters, twins, buffers, gradients, moments and folded weights.
  std::size_t state_bytes() const;

 private:
  Placement placement_;
  SingleRank alone_;
  Communicator* ranks_ = &alone_;
  std::map<Index, std::shared_ptr<const BatchReduction>> reductions_;  // by images
  ParameterStore store_;
  std::unique_ptr<Network> network_;
  PixelFormat pixels_;
  Objective objective_ = {.ignore_index = kIgnoreLabel};
  FoldedWeights folded_;
  bool twins_stale_ = false;
  std::optional<AdamWState> optimizer_;
  bool uses_average_ = false;  // then optimizer_->average() holds the trained parameters
  Arena arena_;
  std::vector<std::unique_ptr<Program>> programs_;  // few, so that a search takes no time
};

}  // namespace fpanet
