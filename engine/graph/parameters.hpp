#pragma once
// The state of a model: parameters, buffers (running statistics) and counters, in state-dict order
// and with PyTorch's names.
//
// Parameters live in one flat region. Gradients and each optimizer moment have their own region
// with the same layout: entry i of every region starts at the same offset. The optimizer is
// therefore one sweep over the regions, and a checkpoint is one write. Offsets are multiples of 16
// elements (a cache line of floats); the gaps hold zeros, which AdamW leaves at zero. Mixed
// precision adds a twin region: the parameters in bf16, for the ops that compute in bf16. Code that
// writes parameters must update their twins.

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
  parameter,  ///< trained if the loss depends on it
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

  /// The entry as a value of `graph`: a parameter with its gradient slot, or a state.
  Value in(Graph& graph) const;
  /// The same for an op that computes in `dtype`, which is the dtype of the store or of its twin
  /// region.
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
  ParameterStore(const ParameterStore&) = delete;  // handles point to the store
  ParameterStore& operator=(const ParameterStore&) = delete;

  /// Adds an entry. Its name must be new. Call before allocate().
  Parameter add(std::string name, const Shape& shape, EntryKind kind, Initializer initializer);

  /// Allocates the regions, filled with zeros. `with_gradients` is false for inference.
  void allocate(DType dtype, Device device, bool with_gradients);
  /// Allocates the twin region, filled with zeros. Call after allocate().
  void allocate_twin(DType dtype);
  /// Runs every entry's initializer. Each entry has its own random stream, chosen by its name, so
  /// that adding an entry does not change the values of the others.
  void initialize(std::uint64_t seed);

  const std::vector<ParameterEntry>& entries() const { return entries_; }
  /// Index of `name`, or -1.
  int find(const std::string& name) const;
  DType dtype() const { return dtype_; }
  Device device() const { return values_.device(); }

  Tensor value(std::size_t index) const;
  /// Undefined for buffers and counters, and if the store has no gradients.
  Tensor gradient(std::size_t index) const;
  /// The part of `region`, which has the layout of the parameter region (an optimizer moment), that
  /// belongs to an entry.
  Tensor slot(std::size_t index, const Tensor& region) const;

  const Tensor& values() const { return values_; }        ///< (elements), the parameter region
  const Tensor& gradients() const { return gradients_; }  ///< same layout; may be undefined
  const Tensor& twins() const { return twins_; }          ///< same layout; may be undefined
  const Tensor& buffers() const { return buffers_; }      ///< (elements), the buffer region
  const Tensor& counters() const { return counters_; }    ///< (elements), the counter region
  /// The segments of the listed parameters; adjacent parameters share a segment.
  std::vector<Segment> segments(const std::vector<std::string>& names) const;
  /// Number of parameter elements, trained or not, without gaps and buffers.
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
