#pragma once
// Copies and events that are enqueued behind a context's work and do not block the host. On the CPU
// all work is done when its call returns, so copies are made immediately and events do nothing.

#include <span>
#include <vector>

#include "engine/core/tensor.hpp"

namespace fpanet {

/// Copies a tensor into another of the same shape and dtype. If the context is a GPU, a CPU tensor
/// on either side must be in staging memory, and must not change until an event recorded after the
/// copy is reached.
void copy_async(const Context& context, const Tensor& to, const Tensor& from,
                CudaQueue queue = CudaQueue::compute);

/// Blocks until all work in the context's compute stream is done.
void synchronize(const Context& context);

/// Work enqueued on the compute stream of `waiting` after this call waits for what has been enqueued on
/// that of `other`.
void wait_for(const Cuda& waiting, const Cuda& other);

/// A CPU tensor in staging memory (Storage::allocate_staging) for copies with `context`.
Tensor staging_tensor(const Context& context, const Shape& shape, DType dtype);

/// A point in a context's work.
class Event {
 public:
  /// Only `timed` events measure time (seconds_since).
  explicit Event(Context context, bool timed = false);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  Event(Event&& other) noexcept;
  Event& operator=(Event&&) = delete;

  /// Records the event after all work enqueued on `queue` so far.
  void record(CudaQueue queue = CudaQueue::compute);
  /// Blocks until the event is reached; returns immediately if it was never recorded.
  void wait() const;
  /// Work enqueued on `queue` after this call waits for the event.
  void hold(CudaQueue queue) const;
  /// Device time in seconds between two timed events of one GPU context. Both must have been
  /// reached.
  double seconds_since(const Event& earlier) const;

 private:
  Context context_;
  void* event_ = nullptr;
  bool recorded_ = false;
};

/// Sends a few numbers that change from run to run to device memory, where a recorded program reads
/// them. Sending does not wait for earlier runs, because there are several staging slots.
class Uplink {
 public:
  /// Sends to `target`, whose memory must stay the same.
  explicit Uplink(Tensor target) : target_(std::move(target)) {}

  /// Enqueues the copy behind the context's work. `bytes` must have the size of the target.
  void send(const Context& context, std::span<const std::byte> bytes);

 private:
  struct Slot {
    Tensor staging;
    Event sent;
  };
  static constexpr std::size_t kSlots = 4;

  Tensor target_;
  std::vector<Slot> slots_;
  std::size_t next_ = 0;
};

}  // namespace fpanet
