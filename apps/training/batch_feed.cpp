#include "apps/training/batch_feed.hpp"

#include <cstring>

#include "engine/core/profile_range.hpp"

namespace fpanet {

BatchFeed::BatchFeed(Loader& loader, const Context& context, ResidentScenes* resident)
    : loader_(loader), context_(context), resident_(resident) {}

void BatchFeed::start(Index epoch, Index first) {
  epoch_ = epoch;
  next_batch_ = first;
  if (resident_ == nullptr) loader_.start(epoch, first);
}

std::optional<BatchFeed::Item> BatchFeed::next() {
  if (resident_ == nullptr) {
    batch_ = loader_.next();
    if (!batch_) return std::nullopt;
    const Shape& s = batch_->images.shape();
    return Item{s[0], s[2], s[3], batch_->whole, batch_->stands_in};
  }
  if (next_batch_ >= loader_.batches()) return std::nullopt;
  scenes_ = loader_.batch_scenes(epoch_, next_batch_++);
  const auto images = static_cast<Index>(scenes_.size());
  return Item{images, resident_->height(),      resident_->width(), images,
              false,  resident_->source(images)};
}

void BatchFeed::fill(Program& program) {
  const ProfileRange range(context_, "batch");
  if (resident_ != nullptr) {
    resident_->draw(scenes_, loader_.options(), epoch_);
  } else if (std::holds_alternative<Cuda>(context_)) {
    fill_through_slot(program);
  } else {
    program.images().copy_from(batch_->images);
    program.labels().copy_from(batch_->labels.reshaped(program.labels().shape()));
  }
}

void BatchFeed::fill_through_slot(Program& program) {
  Slot& slot = slot_for(*batch_);
  slot.taken.wait();  // taken two batches ago, so this rarely blocks
  std::memcpy(slot.staging_images.raw(), batch_->images.raw(), batch_->images.bytes());
  std::memcpy(slot.staging_labels.raw(), batch_->labels.raw(), batch_->labels.bytes());
  copy_async(context_, slot.images, slot.staging_images, CudaQueue::copy);
  copy_async(context_, slot.labels, slot.staging_labels, CudaQueue::copy);
  slot.arrived.record(CudaQueue::copy);
  slot.arrived.hold(CudaQueue::compute);
  copy_async(context_, program.images(), slot.images);
  copy_async(context_, program.labels(), slot.labels.reshaped(program.labels().shape()));
  slot.taken.record();
}

BatchFeed::Slot& BatchFeed::slot_for(const Batch& batch) {
  const Shape &images = batch.images.shape(), &labels = batch.labels.shape();
  const Device device = Device::cuda(std::get<Cuda>(context_).index);
  if (slots_.empty() || slots_.front().images.shape() != images) {
    synchronize(context_);  // the GPU may still be reading the old slots
    slots_.clear();
    for (int i = 0; i < 2; ++i) {
      slots_.push_back({.staging_images = staging_tensor(context_, images, batch.images.dtype()),
                        .staging_labels = staging_tensor(context_, labels, DType::i32),
                        .images = Tensor::empty(images, batch.images.dtype(), device),
                        .labels = Tensor::empty(labels, DType::i32, device),
                        .arrived = Event(context_),
                        .taken = Event(context_)});
    }
    next_slot_ = 0;
  }
  Slot& slot = slots_[next_slot_];
  next_slot_ = 1 - next_slot_;
  return slot;
}

}  // namespace fpanet
