#pragma once

#include <exception>
#include <mutex>

namespace fpanet {

/// The first exception of several threads, none of which may throw.
class FirstError {
 public:
  /// Call in a catch block.
  void keep() {
    const std::lock_guard lock(mutex_);
    if (first_ == nullptr) first_ = std::current_exception();
  }
  /// Call when the threads have ended. Throws the kept exception, if there is one.
  void rethrow() const {
    if (first_ != nullptr) std::rethrow_exception(first_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr first_;
};

}  // namespace fpanet
