#pragma once
// A model with its memory on one device, and the programs made for it so far: one per kind, batch
// size and image size, sharing one arena. The last, smaller batch is one more program.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "apps/cli/console.hpp"
#include "models/program.hpp"

namespace fpanet {

/// Where and in what arithmetic a model runs.
struct Placement {
  Context context;
  DType dtype = DType::f32;                  ///< of parameters
  std::optional<DType> twin = std::nullopt;  ///< bf16: that of activations and weights as read
  int threads = 1;                           ///< for what the CPU does in any case

  Device device() const;
};

/// What the flags of the same names say.
struct PlacementFlags {
  std::string device = "auto";
  std::string precision = "fp32";
  std::int64_t threads = 0;  ///< 0: default_threads()
  bool deterministic = false;
};

/// Opens the device. Throws UsageError for a precision that it has not, Error when it is a GPU that
/// cannot be used. A processor without AVX512-BF16 has no bf16, unless FPANET_CPU names a level
/// (cpu_isa.hpp). `auto` takes the first GPU that can, else the CPU, and says which and why.
/// FPANET_CUDA_GRAPH=0 in the environment runs programs on a GPU kernel by kernel.
Placement resolve_placement(const PlacementFlags& flags, Console& console);

class ModelSession {
 public:
  /// `learning_rate` given: for training, with gradients and AdamW's moments.
  ModelSession(const Placement& placement, const FPANetOptions& model,
               std::optional<double> learning_rate);

  /// To read or change; the next evaluation folds batch norm anew, in case it was changed.
  ParameterStore& store() {
    folded_.mark_stale();
    return store_;
  }
  const FPANet& model() const { return model_; }
  AdamWState* optimizer() { return optimizer_ ? &*optimizer_ : nullptr; }
  const Placement& placement() const { return placement_; }
  /// For programs outside program() that evaluate or predict.
  FoldedWeights& folded() { return folded_; }
  const Arena& arena() const { return arena_; }

  /// Records, plans and binds on first use; the arena grows to the largest program so far, so ask
  /// for the largest (training) first.
  Program& program(const ProgramOptions& options);
  /// Whether program() has been asked for it before.
  bool has_program(const ProgramOptions& options) const;

  /// Bytes of parameters, buffers, gradients, moments and folded weights.
  std::size_t state_bytes() const;

 private:
  struct Key {
    ProgramKind kind;
    Index batch, height, width;
    const void* source;  // the memory of its items
    auto operator<=>(const Key&) const = default;
  };
  static Key key(const ProgramOptions& options);

  Placement placement_;
  ParameterStore store_;
  FPANet model_;
  FoldedWeights folded_;
  std::optional<AdamWState> optimizer_;
  Arena arena_;
  std::map<Key, std::unique_ptr<Program>> programs_;
};

}  // namespace fpanet
