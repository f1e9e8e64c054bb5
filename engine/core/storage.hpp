#pragma once
// A block of memory on one device, shared by the tensors that view it.

#include <cstddef>
#include <memory>

#include "engine/core/device.hpp"

namespace fpanet {

class Storage {
 public:
  /// Uninitialised memory, aligned to 64 bytes. CPU blocks of 4 MiB and more ask for huge pages.
  /// Throws an Error that names the size and the device if there is not enough memory.
  static std::shared_ptr<Storage> allocate(std::size_t bytes, Device device);
  /// CPU memory for asynchronous copies from and to `device`: page-locked for a GPU, ordinary
  /// memory for the CPU.
  static std::shared_ptr<Storage> allocate_staging(std::size_t bytes, Device device);

  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  ~Storage();

  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  Device device() const { return device_; }

 private:
  Storage(void* data, std::size_t bytes, Device device, bool pinned)
      : data_(static_cast<std::byte*>(data)), bytes_(bytes), device_(device), pinned_(pinned) {}

  std::byte* data_;
  std::size_t bytes_;
  Device device_;
  bool pinned_;
};

struct MemoryUse {
  std::size_t current = 0;  ///< bytes held by live Storage objects of a device type
  std::size_t peak = 0;     ///< the largest value that `current` has had
};

MemoryUse memory_use(Device::Type type);

}  // namespace fpanet
