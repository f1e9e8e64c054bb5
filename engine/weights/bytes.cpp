#include "engine/weights/bytes.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/core/error.hpp"
#include "engine/weights/mapped_files.hpp"

namespace fpanet {

namespace {

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

Bytes Bytes::own(std::vector<std::byte> buffer) {
  const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(buffer));
  return {owner, *owner};
}

Bytes Bytes::copy_of(std::span<const std::byte> span) {
  return own({span.begin(), span.end()});
}

Bytes Bytes::map(const std::filesystem::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  require(file.fd >= 0, "{}: cannot open: {}", path.string(), std::strerror(errno));
  struct stat status {};
  const bool known = ::fstat(file.fd, &status) == 0;
  require(known, "{}: cannot stat: {}", path.string(), std::strerror(errno));
  require(S_ISREG(status.st_mode), "{}: not a regular file", path.string());
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return {};
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  require(address != MAP_FAILED, "{}: cannot map {} bytes: {}", path.string(), size,
          std::strerror(errno));
  auto guard = std::make_shared<const MappedFileGuard>(address, size, path.string());
  const std::shared_ptr<const void> owner(
      address, [size, guard = std::move(guard)](const void* mapped) mutable {
        guard.reset();  // before another mapping can get these addresses
        ::munmap(const_cast<void*>(mapped), size);
      });
  return {owner, {static_cast<const std::byte*>(address), size}};
}

}  // namespace fpanet
