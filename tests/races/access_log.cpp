#include "tests/races/access_log.hpp"

#include <fmt/core.h>
#include <pthread.h>

#include <cstdint>
#include <set>
#include <unordered_map>

#include "kernels/cuda/emulated.hpp"

namespace fpanet::test {
namespace {

using kernels::EmulatedPosition;

/// An access as far as the order of accesses is concerned.
struct Access {
  static constexpr Index kNoBlock = -1;

  Index block = kNoBlock;
  int thread = 0;
  std::uint64_t phase = 0;
  bool atomic = false;

  bool happened() const { return block != kNoBlock; }
};

/// Of one byte in one launch: its last write, its last read, and a read by another block or thread
/// than that one, if there was one.
struct Byte {
  Access write, read, other_read;
};

struct Stack {
  std::uintptr_t low = 0, high = 0;

  Stack() {
    pthread_attr_t attributes;
    void* address = nullptr;
    std::size_t size = 0;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &address, &size);
    pthread_attr_destroy(&attributes);
    low = reinterpret_cast<std::uintptr_t>(address);
    high = low + size;
  }
};

class AccessLog {
 public:
  void record(const EmulatedPosition& at, std::uintptr_t address, int bytes, bool is_write) {
    if (address >= stack_.low && address < stack_.high) return;
    const auto own = reinterpret_cast<std::uintptr_t>(&at);  // written by the emulated grid
    if (address >= own && address < own + sizeof at) return;
    if (at.launch != launch_) {
      launch_ = at.launch;
      global_.clear();
      shared_.clear();
    }
    if (at.block != block_) {
      block_ = at.block;
      shared_.clear();
    }
    ++accesses_;
    const Access access{at.block, at.thread, at.phase, at.atomic};
    const auto shared = reinterpret_cast<std::uintptr_t>(at.shared);
    auto& log = address >= shared && address < shared + at.shared_bytes ? shared_ : global_;
    for (int i = 0; i < bytes; ++i) {
      record(at, log[address + static_cast<std::uintptr_t>(i)], access, is_write);
    }
  }

  std::string take() {
    std::string races;
    for (const std::string& race : races_) races += (races.empty() ? "" : "; ") + race;
    races_.clear();
    return races;
  }
  long accesses() const { return accesses_; }

 private:
  void record(const EmulatedPosition& at, Byte& byte, const Access& access, bool is_write) {
    compare(at, byte.write, access, is_write ? "two writes" : "a read of what is written");
    if (is_write) {
      compare(at, byte.read, access, "a write of what is read");
      compare(at, byte.other_read, access, "a write of what is read");
      byte.write = access;
      return;
    }
    if (byte.read.happened() &&
        (byte.read.block != access.block || byte.read.thread != access.thread)) {
      byte.other_read = byte.read;
    }
    byte.read = access;
  }

  void compare(const EmulatedPosition& at, const Access& before, const Access& now,
               const char* what) {
    if (!before.happened() || (before.atomic && now.atomic)) return;
    if (before.block != now.block) {
      races_.insert(fmt::format("{}: {} by two blocks", at.kernel, what));
    } else if (before.thread != now.thread && before.phase == now.phase) {
      races_.insert(fmt::format("{}: {} by two threads without a barrier", at.kernel, what));
    }
  }

  Stack stack_;
  std::uint64_t launch_ = 0;
  Index block_ = -1;
  std::unordered_map<std::uintptr_t, Byte> global_, shared_;
  std::set<std::string> races_;
  long accesses_ = 0;
};

AccessLog& access_log() {
  static AccessLog log;
  return log;
}

void record(const void* address, int bytes, bool is_write) {
  const EmulatedPosition& at = kernels::emulated_position;
  if (at.kernel == nullptr) return;
  access_log().record(at, reinterpret_cast<std::uintptr_t>(address), bytes, is_write);
}

}  // namespace

std::string take_races() {
  return access_log().take();
}

long recorded_accesses() {
  return access_log().accesses();
}

}  // namespace fpanet::test

// What the compiler calls in code compiled with -fsanitize=thread.
extern "C" {

using fpanet::test::record;

#define FPANET_ACCESSES(bytes)                  \
  void __tsan_read##bytes(void* p) {            \
    record(p, bytes, false);                    \
  }                                             \
  void __tsan_write##bytes(void* p) {           \
    record(p, bytes, true);                     \
  }                                             \
  void __tsan_unaligned_read##bytes(void* p) {  \
    record(p, bytes, false);                    \
  }                                             \
  void __tsan_unaligned_write##bytes(void* p) { \
    record(p, bytes, true);                     \
  }                                             \
  void __tsan_volatile_read##bytes(void* p) {   \
    record(p, bytes, false);                    \
  }                                             \
  void __tsan_volatile_write##bytes(void* p) {  \
    record(p, bytes, true);                     \
  }
FPANET_ACCESSES(1)
FPANET_ACCESSES(2)
FPANET_ACCESSES(4)
FPANET_ACCESSES(8)
FPANET_ACCESSES(16)
#undef FPANET_ACCESSES

void __tsan_read_range(void* p, std::size_t bytes) {
  record(p, static_cast<int>(bytes), false);
}
void __tsan_write_range(void* p, std::size_t bytes) {
  record(p, static_cast<int>(bytes), true);
}

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
}
