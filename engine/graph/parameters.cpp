#include "engine/graph/parameters.hpp"

#include <array>
#include <set>

#include "engine/core/error.hpp"
#include "engine/core/layout.hpp"
#include "engine/core/parallel.hpp"

namespace fpanet {

namespace {

constexpr Index kAlignment = 16;  // elements

Index padded(Index count) {
  return (count + kAlignment - 1) / kAlignment * kAlignment;
}

Tensor part_of(const Tensor& region, const ParameterEntry& entry) {
  return region.slice(entry.offset, entry.shape.numel()).reshaped(entry.shape);
}

}  // namespace

Value Parameter::in(Graph& graph) const {
  if (entry().kind == EntryKind::parameter) {
    return graph.parameter(entry().name, tensor(), store_->gradient(index_));
  }
  return graph.state(entry().name, tensor());
}

Value Parameter::in(Graph& graph, DType dtype) const {
  const Value master = in(graph);
  if (dtype == master.dtype() || entry().kind != EntryKind::parameter) return master;
  const Tensor& twins = store_->twins();
  require(twins.defined() && twins.dtype() == dtype,
          "parameters: '{}' is {} and has no twin in {}; call ParameterStore::allocate_twin",
          entry().name, name_of(master.dtype()), name_of(dtype));
  return graph.twin(master, store_->slot(index_, twins));
}

const ParameterEntry& Parameter::entry() const {
  return store_->entries()[index_];
}

Tensor Parameter::tensor() const {
  return store_->value(index_);
}

Parameter ParameterStore::add(std::string name, const Shape& shape, EntryKind kind,
                              Initializer initializer) {
  require(!values_.defined(), "parameters: '{}' cannot be added after allocation", name);
  require(by_name_.emplace(name, entries_.size()).second, "parameters: '{}' exists already", name);
  Index offset = 0;
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->kind != kind) continue;
    offset = entry->offset + padded(entry->shape.numel());
    break;
  }
  entries_.push_back({std::move(name), shape, kind, std::move(initializer), offset});
  return {this, entries_.size() - 1};
}

void ParameterStore::allocate(DType dtype, Device device, bool with_gradients) {
  std::array<Index, 3> sizes{};
  for (const ParameterEntry& entry : entries_) {
    sizes[static_cast<std::size_t>(entry.kind)] = entry.offset + padded(entry.shape.numel());
  }
  dtype_ = dtype;
  values_ = Tensor::zeros({sizes[0]}, dtype, device);
  gradients_ = with_gradients ? Tensor::zeros({sizes[0]}, dtype, device) : Tensor();
  buffers_ = Tensor::zeros({sizes[1]}, dtype, device);
  counters_ = Tensor::zeros({sizes[2]}, DType::i64, device);
}

void ParameterStore::allocate_twin(DType dtype) {
  require(values_.defined(), "parameters: call allocate before allocate_twin");
  twins_ = Tensor::zeros(values_.shape(), dtype, values_.device());
}

void ParameterStore::initialize(std::uint64_t seed) {
  require(values_.defined(), "parameters: call allocate before initialize");
  // Copies to a GPU come from one thread.
  const Cpu cpu{values_.device().is_cpu() ? default_threads() : 1};
  parallel_for(cpu, std::ssize(entries_), [&](Index index) {
    const auto i = static_cast<std::size_t>(index);
    const ParameterEntry& entry = entries_[i];
    const Tensor initial = Tensor::zeros(entry.shape, DType::f64);
    if (entry.initializer) {
      Rng rng(seed, hash_name(entry.name));
      std::vector<double> values(static_cast<std::size_t>(entry.shape.numel()));
      entry.initializer(rng, values);
      from_row_major<double>(values, initial);
    }
    // Rounded to float first, so that f32 and f64 models start from the same numbers.
    value(i).copy_from(initial.cast(DType::f32).cast(value(i).dtype()));
  });
}

int ParameterStore::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? -1 : static_cast<int>(found->second);
}

Tensor ParameterStore::value(std::size_t index) const {
  const ParameterEntry& entry = entries_[index];
  require(values_.defined(), "parameters: '{}' is used before allocation", entry.name);
  switch (entry.kind) {
    case EntryKind::parameter:
      return part_of(values_, entry);
    case EntryKind::buffer:
      return part_of(buffers_, entry);
    case EntryKind::counter:
      return part_of(counters_, entry);
  }
  return {};
}

Tensor ParameterStore::gradient(std::size_t index) const {
  return gradients_.defined() ? slot(index, gradients_) : Tensor();
}

Tensor ParameterStore::slot(std::size_t index, const Tensor& region) const {
  const ParameterEntry& entry = entries_[index];
  return entry.kind == EntryKind::parameter ? part_of(region, entry) : Tensor();
}

std::vector<Segment> ParameterStore::segments(const std::vector<std::string>& names) const {
  const std::set<std::string> wanted(names.begin(), names.end());
  std::vector<Segment> segments;
  for (const ParameterEntry& entry : entries_) {
    if (entry.kind != EntryKind::parameter || !wanted.contains(entry.name)) continue;
    const Index count = padded(entry.shape.numel());
    if (!segments.empty() && segments.back().offset + segments.back().count == entry.offset) {
      segments.back().count += count;
    } else {
      segments.push_back({entry.offset, count});
    }
  }
  return segments;
}

Index ParameterStore::parameter_count() const {
  Index count = 0;
  for (const ParameterEntry& entry : entries_) {
    if (entry.kind == EntryKind::parameter) count += entry.shape.numel();
  }
  return count;
}

}  // namespace fpanet
