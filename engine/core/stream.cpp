#include "engine/core/stream.hpp"

#include <cassert>
#include <cstring>
#include <utility>

#include "engine/core/cuda_memory.hpp"

namespace fpanet {

void copy_async(const Context& context, const Tensor& to, const Tensor& from, CudaQueue queue) {
  const Cuda* const cuda = std::get_if<Cuda>(&context);
  if (cuda == nullptr) {
    to.copy_from(from);
    return;
  }
  require(to.shape() == from.shape() && to.dtype() == from.dtype(),
          "tensor: cannot copy {} {} into {} {}", name_of(from.dtype()), from.shape(),
          name_of(to.dtype()), to.shape());
  cuda_copy_async(*cuda, queue, to.raw(), from.raw(), to.bytes());
}

void synchronize(const Context& context) {
  if (const Cuda* const cuda = std::get_if<Cuda>(&context)) cuda_synchronize(*cuda);
}

void wait_for(const Cuda& waiting, const Cuda& other) {
  cuda_wait_for(waiting, other);
}

Tensor staging_tensor(const Context& context, const Shape& shape, DType dtype) {
  const Cuda* const cuda = std::get_if<Cuda>(&context);
  const Device device = cuda != nullptr ? Device::cuda(cuda->index) : Device::cpu();
  const std::size_t bytes = static_cast<std::size_t>(shape.numel()) * size_of(dtype);
  return Tensor(Storage::allocate_staging(bytes, device), 0, shape, dtype);
}

Event::Event(Context context, bool timed) : context_(std::move(context)) {
  if (const Cuda* const cuda = std::get_if<Cuda>(&context_)) {
    event_ = cuda_event_create(*cuda, timed);
  }
}

Event::~Event() {
  if (event_ != nullptr) cuda_event_destroy(event_);
}

Event::Event(Event&& other) noexcept
    : context_(std::move(other.context_)),
      event_(std::exchange(other.event_, nullptr)),
      recorded_(other.recorded_) {}

void Event::record(CudaQueue queue) {
  if (event_ == nullptr) return;
  cuda_event_record(std::get<Cuda>(context_), queue, event_);
  recorded_ = true;
}

void Event::wait() const {
  if (recorded_) cuda_event_wait(event_);
}

void Event::hold(CudaQueue queue) const {
  if (recorded_) cuda_queue_wait(std::get<Cuda>(context_), queue, event_);
}

double Event::seconds_since(const Event& earlier) const {
  require(recorded_ && earlier.recorded_, "event: only recorded events of a GPU have a time");
  return cuda_event_seconds(earlier.event_, event_);
}

void Uplink::send(const Context& context, std::span<const std::byte> bytes) {
  assert(bytes.size() == target_.bytes());
  if (slots_.empty()) {
    for (std::size_t i = 0; i < kSlots; ++i) {
      slots_.push_back({staging_tensor(context, target_.shape(), target_.dtype()), Event(context)});
    }
  }
  Slot& slot = slots_[next_];
  next_ = (next_ + 1) % kSlots;
  slot.sent.wait();
  std::memcpy(slot.staging.raw(), bytes.data(), bytes.size());
  copy_async(context, target_, slot.staging);
  slot.sent.record();
}

}  // namespace fpanet
