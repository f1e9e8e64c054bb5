#include "engine/core/storage.hpp"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstdlib>

#include "engine/core/cuda_memory.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

struct Counters {
  std::atomic<std::size_t> current{0};
  std::atomic<std::size_t> peak{0};
};

Counters& counters(Device::Type type) {
  static std::array<Counters, 2> all;
  return all[static_cast<std::size_t>(type)];
}

void count_allocation(Device::Type type, std::size_t bytes) {
  Counters& use = counters(type);
  const std::size_t now = use.current.fetch_add(bytes) + bytes;
  std::size_t peak = use.peak.load();
  while (peak < now && !use.peak.compare_exchange_weak(peak, now)) {
  }
}

void* allocate_cpu(std::size_t bytes) {
  const bool large = bytes >= 2 * kHugePage;
  const std::size_t alignment = large ? kHugePage : kAlignment;
  if (bytes > SIZE_MAX - alignment) return nullptr;
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* pointer = std::aligned_alloc(alignment, rounded);
  // Only a hint, so its result is ignored: without huge pages, access is merely slower.
  if (large && pointer != nullptr) madvise(pointer, rounded, MADV_HUGEPAGE);
  return pointer;
}

}  // namespace

std::shared_ptr<Storage> Storage::allocate(std::size_t bytes, Device device) {
  const std::size_t size = bytes == 0 ? 1 : bytes;
  void* pointer = device.is_cpu() ? allocate_cpu(size) : cuda_allocate(size, device.index);
  require(pointer != nullptr,
          "memory: cannot allocate {} bytes on {}; use a smaller batch or image", bytes,
          device.str());
  count_allocation(device.type, bytes);
  return std::shared_ptr<Storage>(new Storage(pointer, bytes, device, false));
}

std::shared_ptr<Storage> Storage::allocate_staging(std::size_t bytes, Device device) {
  if (device.is_cpu()) return allocate(bytes, device);
  void* pointer = cuda_allocate_pinned(bytes == 0 ? 1 : bytes);
  require(pointer != nullptr, "memory: cannot allocate {} bytes of page-locked memory", bytes);
  count_allocation(Device::Type::cpu, bytes);
  return std::shared_ptr<Storage>(new Storage(pointer, bytes, Device::cpu(), true));
}

Storage::~Storage() {
  counters(device_.type).current.fetch_sub(bytes_);
  if (pinned_) {
    cuda_free_pinned(data_);
  } else if (device_.is_cpu()) {
    std::free(data_);
  } else {
    cuda_free(data_, device_.index);
  }
}

MemoryUse memory_use(Device::Type type) {
  const Counters& use = counters(type);
  return {use.current.load(), use.peak.load()};
}

}  // namespace fpanet
