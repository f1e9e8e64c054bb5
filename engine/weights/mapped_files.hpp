#pragma once
// What happens when a mapped file gets shorter while it is read: reading the lost part raises
// SIGBUS, which would end the process without a word.

#include <cstddef>
#include <string_view>

namespace fpanet {

/// While it exists, a SIGBUS in the memory `[address, address + size)` ends the process with exit
/// code 1 and a message that names `file`. Any other SIGBUS is handled as before.
class MappedFileGuard {
 public:
  MappedFileGuard(const void* address, std::size_t size, std::string_view file);
  MappedFileGuard(const MappedFileGuard&) = delete;
  MappedFileGuard& operator=(const MappedFileGuard&) = delete;
  ~MappedFileGuard();

 private:
  struct Entry* entry_;
};

}  // namespace fpanet
