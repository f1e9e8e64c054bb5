#pragma once
// Readers that take a path read the fuzzer's bytes from a file in memory.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>

#include "tests/support/scratch_folder.hpp"

namespace fpanet {

/// The path of a file with these bytes. It is the same file at every call.
inline std::filesystem::path file_of(std::span<const std::uint8_t> bytes) {
  static const int fd = ::memfd_create("fuzz", 0);
  const auto size = static_cast<off_t>(bytes.size());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, bytes.data(), bytes.size(), 0) != size) std::abort();
  return "/proc/self/fd/" + std::to_string(fd);
}

/// A folder for targets that write, removed at the end.
inline const std::filesystem::path& scratch() {
  static const ScratchFolder folder;
  return folder.path();
}

/// A property that the target asserts.
inline void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace fpanet
