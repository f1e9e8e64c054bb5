#include "engine/core/atomic_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>

#include "engine/core/error.hpp"

namespace fpanet {

namespace {

constexpr std::string_view kTemporary = ".tmp-";

std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  static std::atomic<unsigned> count{0};
  std::filesystem::path result = path;
  result += fmt::format("{}{}-{}", kTemporary, ::getpid(), count++);
  return result;
}

/// Flushes `folder`, so that a rename in it survives a power failure. Some file systems do not
/// support this, so a failure is not an error.
void sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path)
    : path_(std::move(path)), temporary_(temporary_beside(path_)) {
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  require(fd_ >= 0, "{}: cannot write: {}", path_.string(), std::strerror(errno));
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    require(count >= 0, "{}: cannot write: {}", path_.string(), std::strerror(errno));
    written_ += static_cast<std::size_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text.data(), text.size())));
}

void AtomicFile::commit() {
  // The calls are not arguments of `require`, because errno could then be read before the call.
  const bool flushed = ::fsync(fd_) == 0;
  require(flushed, "{}: cannot flush to the disk: {}", path_.string(), std::strerror(errno));
  const bool renamed = ::rename(temporary_.c_str(), path_.c_str()) == 0;
  require(renamed, "{}: cannot write: {}", path_.string(), std::strerror(errno));
  ::close(fd_);
  fd_ = -1;
  sync_folder(path_.parent_path());
}

void remove_unfinished(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    std::error_code ignored;  // a file that cannot be removed only takes up disk space
    if (name.find(kTemporary) != name.npos) std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace fpanet
