#pragma once
// Memory planning: finds the lifetime of every value of a recorded program and assigns the value an
// offset in one arena.
//
// A value lives from its first writer to its last reader; kept values and inputs live to the end.
// Values whose lifetimes overlap get disjoint ranges. If the op allows it, an output takes over the
// memory of an input that dies at the same node. Placement is greedy by size: the largest values
// are placed first, each at the lowest offset that is free over its lifetime (Pisarchyk & Lee,
// "Efficient memory management for deep neural net inference", 2020).

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "engine/graph/graph.hpp"

namespace fpanet {

/// The first and last node that use a value; -1 means before the first node.
struct Lifetime {
  int first = 0;
  int last = 0;
};

class Plan {
 public:
  /// Alignment of offsets in bytes: one cache line, which suits vector loads.
  static constexpr std::size_t kAlignment = 64;

  /// `gap` bytes stay free after each value, for tests that find accesses beyond a value's end.
  explicit Plan(const Graph& graph, std::size_t gap = 0);

  /// Offset of a value in the arena; nullopt for values with bound memory and values that no node
  /// uses.
  std::optional<std::size_t> offset(ValueId id) const;
  Lifetime lifetime(ValueId id) const;
  /// True if the value took over the memory of another value.
  bool in_place(ValueId id) const;

  std::size_t arena_bytes() const { return arena_bytes_; }
  std::size_t workspace_bytes() const { return workspace_bytes_; }
  /// The ranges of the arena, as (begin, end), that belong to no value at any time. Values begin at
  /// multiples of kAlignment, so there are some without gaps, too.
  std::vector<std::pair<std::size_t, std::size_t>> unused() const;
  /// The size that the arena would have if no memory were reused.
  std::size_t unshared_bytes() const { return unshared_bytes_; }

 private:
  struct Entry {
    Lifetime lifetime;
    std::size_t bytes = 0;  // 0: the value needs no arena memory
    ValueId owner = -1;     // the value whose block holds this one: itself, unless it is in place
    // Valid only in the owner: the lifetime of the block, which includes the values that took it
    // over.
    Lifetime block;
    std::size_t offset = 0;
  };

  void find_lifetimes();
  void share_in_place();
  void place();
  Entry& entry(ValueId id) { return entries_[static_cast<std::size_t>(graph_->base(id))]; }
  const Entry& entry(ValueId id) const {
    return entries_[static_cast<std::size_t>(graph_->base(id))];
  }
  const Entry& owner(ValueId id) const {
    return entries_[static_cast<std::size_t>(entry(id).owner)];
  }

  const Graph* graph_;
  std::size_t gap_;
  std::vector<Entry> entries_;  // one per value; a view uses the entry of its base
  std::size_t arena_bytes_ = 0;
  std::size_t workspace_bytes_ = 0;
  std::size_t unshared_bytes_ = 0;
};

}  // namespace fpanet
