#pragma once
// Copies and marks in the order of a context's work, without waiting for it. On the CPU, where work
// is done when the call returns, a copy is made at once and a mark is reached at once.

#include <span>
#include <vector>

#include "engine/core/tensor.hpp"

namespace fpanet {

/// Same shape and dtype. A CPU tensor on either side must be staging memory and stay as it is until
/// a mark behind the copy is reached.
void copy_async(const Context& context, const Tensor& to, const Tensor& from,
                CudaQueue queue = CudaQueue::compute);

/// Blocks until all work of the context is done.
void synchronize(const Context& context);

/// A CPU tensor in staging memory (Storage::allocate_staging) for copies with `context`.
Tensor staging_tensor(const Context& context, const Shape& shape, DType dtype);

/// A mark in a context's work.
class Event {
 public:
  /// `timed` marks can be asked for the time between them.
  explicit Event(Context context, bool timed = false);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  Event(Event&& other) noexcept;
  Event& operator=(Event&&) = delete;

  /// Sets the mark behind all work enqueued so far.
  void record(CudaQueue queue = CudaQueue::compute);
  /// Blocks until the mark is reached; at once when it was never set.
  void wait() const;
  /// Work enqueued on `queue` from now on begins after the mark.
  void hold(CudaQueue queue) const;
  /// Seconds of the device between two reached, timed marks of one context on a GPU.
  double seconds_since(const Event& earlier) const;

 private:
  Context context_;
  void* event_ = nullptr;
  bool recorded_ = false;
};

/// A few numbers that change from run to run, sent to device memory that a recorded program reads.
/// Sending does not wait for earlier runs: the numbers wait in one of several slots.
class Uplink {
 public:
  /// To `target`, whose memory stays.
  explicit Uplink(Tensor target) : target_(std::move(target)) {}

  /// In the order of the context's work; `bytes` are as many as the target has.
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
