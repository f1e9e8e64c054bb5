#include "apps/training/saved_state.hpp"

#include <algorithm>
#include <cassert>

#include "apps/training/progress_state.hpp"
#include "engine/core/first_error.hpp"
#include "engine/core/parallel.hpp"
#include "models/load_weights.hpp"

namespace fpanet {

namespace {

/// The regions of a session's state where they are.
StateRegions regions_of(ModelSession& session) {
  const ParameterStore& store = session.store();
  const AdamWState& optimizer = *session.optimizer();
  return {.values = store.values(),
          .buffers = store.buffers(),
          .counters = store.counters(),
          .moment1 = optimizer.moment1(),
          .moment2 = optimizer.moment2(),
          .average = optimizer.average()};
}

const Tensor& region_of(const StateRegions& regions, EntryKind kind) {
  switch (kind) {
    case EntryKind::buffer:
      return regions.buffers;
    case EntryKind::counter:
      return regions.counters;
    case EntryKind::parameter:
      break;
  }
  return regions.values;
}

StateEntry entry_of(const Tensor& region, const ParameterEntry& entry) {
  return StateEntry::from_tensor(
      region.slice(entry.offset, entry.shape.numel()).reshaped(entry.shape));
}

}  // namespace

void SavedState::arrange(int threads) {
  if (!regions_.values.defined()) return;
  if (copied_ != nullptr) copied_->wait();
  const std::vector<ParameterEntry>& entries = store_->entries();
  for (Entries* made : {&values_, &moment1_, &moment2_}) made->resize(entries.size());
  if (regions_.average.defined()) average_.resize(entries.size());
  FirstError error;
  parallel_for(Cpu{threads}, std::ssize(entries), [&](Index index) {
    const auto i = static_cast<std::size_t>(index);
    const ParameterEntry& entry = entries[i];
    try {
      values_[i] = entry_of(region_of(regions_, entry.kind), entry);
      if (entry.kind != EntryKind::parameter) return;
      moment1_[i] = entry_of(regions_.moment1, entry);
      moment2_[i] = entry_of(regions_.moment2, entry);
      if (!average_.empty()) average_[i] = entry_of(regions_.average, entry);
    } catch (...) {
      error.keep();
    }
  });
  error.rethrow();
  regions_ = {};
}

bool SavedState::is_finite() const {
  return std::ranges::none_of(
      values_, [](const StateEntry& entry) { return entry.find_not_finite().has_value(); });
}

StateDict SavedState::best() const {
  StateDict tensors;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const ParameterEntry& entry = store_->entries()[i];
    const bool averaged = keeps_average() && entry.kind == EntryKind::parameter;
    tensors.add(entry.name, averaged ? average_[i] : values_[i]);
  }
  return tensors;
}

StateDict SavedState::last() const {
  StateDict tensors;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    tensors.add(store_->entries()[i].name, values_[i]);
  }
  add_parameters(kAveragePrefix, average_, tensors);
  return tensors;
}

StateDict SavedState::training_state() const {
  StateDict tensors;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    tensors.add(store_->entries()[i].name, values_[i]);
  }
  add_parameters(kFirstMoment, moment1_, tensors);
  add_parameters(kSecondMoment, moment2_, tensors);
  add_parameters(kMovingAverage, average_, tensors);
  return tensors;
}

void SavedState::add_parameters(const std::string& prefix, const Entries& entries,
                                StateDict& tensors) const {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const ParameterEntry& entry = store_->entries()[i];
    if (entry.kind == EntryKind::parameter) tensors.add(prefix + entry.name, entries[i]);
  }
}

SavedState StateCopier::copy(ModelSession& session) {
  assert(!session.uses_average());
  const Context& context = session.placement().context;
  StateRegions regions = regions_of(session);
  const ParameterStore& store = session.store();
  if (const Cpu* const cpu = std::get_if<Cpu>(&context)) {
    SavedState saved(store, std::move(regions), nullptr);
    saved.arrange(cpu->threads);
    return saved;
  }
  for (const auto region :
       {&StateRegions::values, &StateRegions::buffers, &StateRegions::counters,
        &StateRegions::moment1, &StateRegions::moment2, &StateRegions::average}) {
    const Tensor& from = regions.*region;
    Tensor& to = staging_.*region;
    if (!from.defined()) continue;
    if (!to.defined()) to = staging_tensor(context, from.shape(), from.dtype());
    copy_async(context, to, from);
  }
  const auto copied = std::make_shared<Event>(context);
  copied->record();
  return {store, staging_, copied};
}

}  // namespace fpanet
