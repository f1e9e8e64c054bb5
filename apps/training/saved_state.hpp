#pragma once
// Copies of what a training saves, so that a thread can write them while training goes on.

#include <memory>
#include <vector>

#include "apps/training/model_session.hpp"
#include "engine/core/stream.hpp"
#include "engine/weights/state_dict.hpp"

namespace fpanet {

/// Tensors with the layout of a session's regions; the average is undefined if none is kept.
struct StateRegions {
  Tensor values, buffers, counters;
  Tensor moment1, moment2, average = {};
};

/// The state of a training at one moment, in CPU memory. Its state dicts share their entries, so all
/// of them together take the memory of training_state().
class SavedState {
 public:
  /// `regions` belong to `store` and may be still being copied until `copied`, if there is one.
  SavedState(const ParameterStore& store, StateRegions regions, std::shared_ptr<const Event> copied)
      : store_(&store), regions_(std::move(regions)), copied_(std::move(copied)) {}

  /// Waits for the copies and puts them into the order of files, in memory of their own, unless that
  /// has been done; `threads` threads share the work. Any thread may call it. The functions below
  /// need it.
  void arrange(int threads);

  /// Whether all parameters and buffers are finite. A step whose loss was finite may have made them
  /// NaN; a state with such weights cannot be continued.
  bool is_finite() const;
  /// The weights that validation uses: with the average of the parameters if one is kept.
  StateDict best() const;
  /// The trained weights and, if one is kept, the average of the parameters.
  StateDict last() const;
  /// The trained weights, AdamW's moments and, if one is kept, the average of the parameters.
  StateDict training_state() const;

 private:
  using Entries = std::vector<StateEntry>;  // in the order of the store; empty ones have no meaning
  /// Adds the parameters' entries under `prefix` and their names.
  void add_parameters(const std::string& prefix, const Entries& entries, StateDict& tensors) const;
  bool keeps_average() const { return !average_.empty(); }

  const ParameterStore* store_;
  StateRegions regions_;
  std::shared_ptr<const Event> copied_;
  Entries values_, moment1_, moment2_, average_;
};

/// Copies the state of one session again and again.
class StateCopier {
 public:
  /// The state of `session`, whose parameters must be the trained ones (ModelSession::use_average).
  /// On the CPU it is arranged. On a GPU the copies are enqueued behind its work into page-locked
  /// memory, which the next copy uses again: until then the state must have been arranged.
  SavedState copy(ModelSession& session);

 private:
  StateRegions staging_;  // on a GPU
};

}  // namespace fpanet
