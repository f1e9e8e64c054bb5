#include "engine/distributed/background_sums.hpp"

#include <utility>

#include "engine/core/error.hpp"

namespace fpanet {

BackgroundSums::BackgroundSums(std::unique_ptr<Communicator> ranks) : ranks_(std::move(ranks)) {}

BackgroundSums::~BackgroundSums() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void BackgroundSums::begin(Tensor values) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(values));
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  changed_.notify_all();
}

void BackgroundSums::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.empty() || failure_; });
  if (failure_) std::rethrow_exception(failure_);
}

void BackgroundSums::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ends_ || !waiting_.empty(); });
    if (ends_) return;
    const Tensor values = waiting_.front();
    lock.unlock();
    std::exception_ptr failure;
    try {
      all_reduce(*ranks_, values);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    failure_ = failure;
    waiting_.pop_front();
    changed_.notify_all();
    if (failure_) return;
  }
}

void all_reduce(Communicator& ranks, const Tensor& values) {
  if (values.dtype() == DType::f64) {
    ranks.all_reduce(values.span<double>());
  } else {
    ranks.all_reduce(values.span<float>());
  }
}

}  // namespace fpanet
