#pragma once
// Open rasters for several threads, each of which has one for itself while it reads.

#include <filesystem>
#include <list>
#include <memory>
#include <mutex>

#include "data/raster/raster.hpp"

namespace fpanet {

class ReaderPool {
 public:
  /// A reader that returns to the pool.
  class Lease {
   public:
    Lease(ReaderPool& pool, std::filesystem::path file, std::unique_ptr<RasterReader> reader)
        : pool_(pool), file_(std::move(file)), reader_(std::move(reader)) {}
    ~Lease() { pool_.put(std::move(file_), std::move(reader_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    RasterReader* operator->() const { return reader_.get(); }

   private:
    ReaderPool& pool_;
    std::filesystem::path file_;
    std::unique_ptr<RasterReader> reader_;
  };

  /// Opens a file, or takes a reader of it that nobody uses. All calls for a file have the same options.
  Lease take(const std::filesystem::path& file, const RasterOptions& options) {
    {
      const std::lock_guard lock(mutex_);
      for (auto idle = idle_.begin(); idle != idle_.end(); ++idle) {
        if (idle->first != file) continue;
        std::unique_ptr<RasterReader> reader = std::move(idle->second);
        idle_.erase(idle);
        return {*this, file, std::move(reader)};
      }
    }
    return {*this, file, open_raster(file, options)};
  }

 private:
  using Idle = std::pair<std::filesystem::path, std::unique_ptr<RasterReader>>;
  static constexpr std::size_t kMostIdle = 64;

  void put(std::filesystem::path file, std::unique_ptr<RasterReader> reader) {
    std::unique_ptr<RasterReader> closed;  // outside of the lock
    const std::lock_guard lock(mutex_);
    idle_.emplace_front(std::move(file), std::move(reader));
    if (idle_.size() <= kMostIdle) return;
    closed = std::move(idle_.back().second);
    idle_.pop_back();
  }

  std::mutex mutex_;
  std::list<Idle> idle_;  // the last used one first
};

}  // namespace fpanet
