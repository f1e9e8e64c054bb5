#include "engine/graph/plan.hpp"

#include <algorithm>

namespace fpanet {

namespace {

std::size_t aligned(std::size_t bytes) {
  return (bytes + Plan::kAlignment - 1) / Plan::kAlignment * Plan::kAlignment;
}

bool overlap(const Lifetime& a, const Lifetime& b) {
  return a.first <= b.last && b.first <= a.last;
}

}  // namespace

Plan::Plan(const Graph& graph, std::size_t gap)
    : graph_(&graph), gap_(aligned(gap)), entries_(graph.value_count()) {
  find_lifetimes();
  share_in_place();
  place();
}

void Plan::find_lifetimes() {
  const auto count = static_cast<ValueId>(graph_->value_count());
  const int end = static_cast<int>(graph_->nodes().size());
  std::vector<bool> seen(entries_.size(), false);
  const auto touch = [&](ValueId id, int node) {
    const auto base = static_cast<std::size_t>(graph_->base(id));
    if (!seen[base]) entries_[base].lifetime.first = node;
    entries_[base].lifetime.last = node;
    seen[base] = true;
  };
  for (ValueId id = 0; id < count; ++id) {
    entries_[static_cast<std::size_t>(id)].owner = id;
    if (graph_->info(id).kind == ValueKind::input) touch(id, -1);
  }
  for (const Node& node : graph_->nodes()) {
    node.op->announce(graph_->context(), graph_->input_specs(node));
  }
  for (int i = 0; i < end; ++i) {
    const Node& node = graph_->nodes()[static_cast<std::size_t>(i)];
    for (const ValueId id : node.inputs) touch(id, i);
    for (const NodeOutput& output : node.outputs) {
      if (output.value >= 0) touch(output.value, i);
    }
    workspace_bytes_ =
        std::max(workspace_bytes_,
                 aligned(node.op->workspace_bytes(graph_->context(), graph_->input_specs(node))));
  }
  for (ValueId id = 0; id < count; ++id) {
    const ValueInfo& info = graph_->info(id);
    Entry& entry = entries_[static_cast<std::size_t>(id)];
    const bool is_view = info.base != id;
    if (is_view || info.tensor.defined() || !seen[static_cast<std::size_t>(id)]) continue;
    // Inputs stay valid to the end, so that a step can be replayed without refilling them.
    if (info.kept || info.kind == ValueKind::input) entry.lifetime.last = end;
    entry.bytes = aligned(info.spec.bytes());
    entry.block = entry.lifetime;
    unshared_bytes_ += entry.bytes;
  }
}

void Plan::share_in_place() {
  for (std::size_t i = 0; i < graph_->nodes().size(); ++i) {
    const Node& node = graph_->nodes()[i];
    for (std::size_t o = 0; o < node.outputs.size(); ++o) {
      const int input = node.op->in_place_input(o);
      const NodeOutput& output = node.outputs[o];
      if (input < 0 || output.value < 0 || output.write != Write::assign) continue;
      const ValueId source_id = node.inputs[static_cast<std::size_t>(input)];
      Entry& source = entry(source_id);
      Entry& target = entry(output.value);
      const auto uses = std::count_if(node.inputs.begin(), node.inputs.end(), [&](ValueId id) {
        return graph_->base(id) == graph_->base(source_id);
      });
      const int here = static_cast<int>(i);
      const bool dies_here = source.lifetime.last == here && target.lifetime.first == here;
      if (!dies_here || uses != 1 || source.bytes == 0 || source.bytes != target.bytes) continue;
      target.owner = source.owner;
      entries_[static_cast<std::size_t>(source.owner)].block.last = target.lifetime.last;
    }
  }
}

void Plan::place() {
  std::vector<Entry*> order;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.bytes > 0 && entry.owner == static_cast<ValueId>(i)) order.push_back(&entry);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Entry* a, const Entry* b) { return a->bytes > b->bytes; });
  std::vector<const Entry*> placed;  // by offset
  for (Entry* entry : order) {
    std::size_t offset = 0;
    for (const Entry* other : placed) {
      if (!overlap(entry->block, other->block)) continue;
      if (offset + entry->bytes + gap_ <= other->offset) break;
      offset = std::max(offset, other->offset + other->bytes + gap_);
    }
    entry->offset = offset;
    arena_bytes_ = std::max(arena_bytes_, offset + entry->bytes + gap_);
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), entry,
                         [](const Entry* a, const Entry* b) { return a->offset < b->offset; }),
        entry);
  }
}

std::optional<std::size_t> Plan::offset(ValueId id) const {
  if (entry(id).bytes == 0) return std::nullopt;
  return owner(id).offset;
}

std::vector<std::pair<std::size_t, std::size_t>> Plan::unused() const {
  std::vector<std::pair<std::size_t, std::size_t>> used, unused;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].bytes == 0) continue;
    const auto id = static_cast<ValueId>(i);
    const std::size_t begin = owner(id).offset;
    used.emplace_back(begin, begin + graph_->info(id).spec.bytes());
  }
  std::sort(used.begin(), used.end());
  std::size_t end = 0;
  for (const auto& [first, last] : used) {
    if (first > end) unused.emplace_back(end, first);
    end = std::max(end, last);
  }
  if (end < arena_bytes_) unused.emplace_back(end, arena_bytes_);
  return unused;
}

Lifetime Plan::lifetime(ValueId id) const {
  return entry(id).lifetime;
}

bool Plan::in_place(ValueId id) const {
  return entry(id).owner != graph_->base(id);
}

}  // namespace fpanet
