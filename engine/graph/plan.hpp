#pragma once
// Where every value of a recorded program lives: lifetimes -> offsets in one arena.
//
// A value lives from its first writer to its last reader (kept values and inputs: to the end).
// Values whose lifetimes overlap get disjoint ranges. An output may take over the memory of an
// input that dies at the same node when the op allows it. Placement is greedy by size: large values
// first, each at the lowest offset that is free over its lifetime (Pisarchyk & Lee, "Efficient
// memory management for deep neural net inference", 2020).

#include <optional>
#include <vector>

#include "engine/graph/graph.hpp"

namespace fpanet {

/// First and last node that touch a value; -1 = before the first node.
struct Lifetime {
  int first = 0;
  int last = 0;
};

class Plan {
 public:
  /// Bytes between offsets: one cache line, and what vector loads like.
  static constexpr std::size_t kAlignment = 64;

  explicit Plan(const Graph& graph);

  /// Offset of a value in the arena; nothing for bound memory and for values nobody made.
  std::optional<std::size_t> offset(ValueId id) const;
  Lifetime lifetime(ValueId id) const;
  /// True when the value took over the memory of another.
  bool in_place(ValueId id) const;

  std::size_t arena_bytes() const { return arena_bytes_; }
  std::size_t workspace_bytes() const { return workspace_bytes_; }
  /// What the arena would be if nothing were reused.
  std::size_t unshared_bytes() const { return unshared_bytes_; }

 private:
  struct Entry {
    Lifetime lifetime;
    std::size_t bytes = 0;  // 0: needs no arena memory
    ValueId owner = -1;     // the value whose block this one lives in (itself unless in place)
    // Of the owner only: the block serves the owner and then those that took it over.
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
  std::vector<Entry> entries_;  // one per value; views use their base's
  std::size_t arena_bytes_ = 0;
  std::size_t workspace_bytes_ = 0;
  std::size_t unshared_bytes_ = 0;
};

}  // namespace fpanet
