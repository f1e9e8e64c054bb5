#pragma once
// Everything a model remembers: parameters, buffers (running statistics) and counters, in
// state-dict order under PyTorch's names.
//
// Parameters live in one flat region, gradients and each optimizer moment in further regions of the
// identical layout: entry i of every region starts at the same offset. So the optimizer is one
// sweep and a checkpoint one write. Offsets are multiples of 16 elements (a cache line of floats);
// the gaps hold zeros and stay zero under AdamW. Mixed precision adds one more such region: the
// parameters in bf16, for the ops that compute in it. Whoever writes parameters renews it.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/rng.hpp"
#include "engine/graph/graph.hpp"

namespace fpanet {

/// Fills an entry's values, in row-major order of its shape.
using Initializer = std::function<void(Rng&, std::span<double>)>;

enum class EntryKind : std::uint8_t {
  parameter,  ///< trained when the loss reaches it
  buffer,     ///< same dtype as the parameters, updated by forward nodes (running_mean)
  counter,    ///< one i64 (num_batches_tracked)
};

struct ParameterEntry {
  std::string name;
  Shape shape;
  EntryKind kind = EntryKind::parameter;
  Initializer initializer;
  Index offset = 0;  ///< elements into the region of its kind
};

/// A contiguous part of the parameter region, in elements.
struct Segment {
  Index offset = 0;
  Index count = 0;
  bool operator==(const Segment&) const = default;
};

class ParameterStore;

/// Handle of one entry, held by modules.
class Parameter {
 public:
  Parameter() = default;
  Parameter(ParameterStore* store, std::size_t index) : store_(store), index_(index) {}

  /// The entry as a value of `graph`: parameters with their gradient slot, others as state.
  Value in(Graph& graph) const;
  /// The same for an op that computes in `dtype`: the store's, or that of the twin region.
  Value in(Graph& graph, DType dtype) const;
  const ParameterEntry& entry() const;
  Tensor tensor() const;

 private:
  ParameterStore* store_ = nullptr;
  std::size_t index_ = 0;
};

class ParameterStore {
 public:
  ParameterStore() = default;
  ParameterStore(const ParameterStore&) = delete;  // handles point here
  ParameterStore& operator=(const ParameterStore&) = delete;

  /// Names must be new; entries are added before allocate().
  Parameter add(std::string name, const Shape& shape, EntryKind kind, Initializer initializer);

  /// Makes the regions, all zero. `with_gradients` is false for inference.
  void allocate(DType dtype, Device device, bool with_gradients);
  /// Makes the twin region, of zeros. After allocate().
  void allocate_twin(DType dtype);
  /// Runs every entry's initializer on a stream named after the entry, so that adding an entry
  /// changes no other's values.
  void initialize(std::uint64_t seed);

  const std::vector<ParameterEntry>& entries() const { return entries_; }
  /// Index of `name`, or -1.
  int find(const std::string& name) const;
  DType dtype() const { return dtype_; }
  Device device() const { return values_.device(); }

  Tensor value(std::size_t index) const;
  /// Undefined for buffers and counters, and without gradients.
  Tensor gradient(std::size_t index) const;
  /// The part of another region of this layout (an optimizer moment) that belongs to an entry.
  Tensor slot(std::size_t index, const Tensor& region) const;

  const Tensor& values() const { return values_; }        ///< (elements), the parameter region
  const Tensor& gradients() const { return gradients_; }  ///< same layout; may be undefined
  const Tensor& twins() const { return twins_; }          ///< same layout; may be undefined
  /// Adjacent parameters merged into as few segments as possible; names not listed are left out.
  std::vector<Segment> segments(const std::vector<std::string>& names) const;
  /// Number of trainable and untrained parameter elements, without gaps (buffers do not count).
  Index parameter_count() const;

 private:
  std::vector<ParameterEntry> entries_;
  std::map<std::string, std::size_t> by_name_;
  DType dtype_ = DType::f32;
  Tensor values_;
  Tensor gradients_;
  Tensor twins_;
  Tensor buffers_;
  Tensor counters_;
};

}  // namespace fpanet
