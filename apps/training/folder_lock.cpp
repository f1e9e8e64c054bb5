#include "apps/training/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "engine/core/error.hpp"

namespace fpanet {
namespace {

std::string holder(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size() - 1, 0);
  if (size <= 0) return "another process";
  return "process " + std::string(text.data(), static_cast<std::size_t>(size));
}

/// Whether the path `file` still refers to the file open as `fd`. A former holder may have removed
/// the file between open() and flock().
bool is_named(const std::filesystem::path& file, int fd) {
  struct stat named {};
  struct stat open {};
  return ::stat(file.c_str(), &named) == 0 && ::fstat(fd, &open) == 0 &&
         named.st_ino == open.st_ino && named.st_dev == open.st_dev;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) : file_(folder / kFileName) {
  for (;;) {
    fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd_ < 0) fail("{}: cannot write: {}", file_.string(), std::strerror(errno));
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      const std::string user = holder(fd_);
      ::close(fd_);
      fail("{}: the run folder is in use by {}; wait for it, or use another folder",
           folder.string(), user);
    }
    if (is_named(file_, fd_)) break;
    ::close(fd_);
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, pid.data(), pid.size(), 0) < 0) {
    const int error = errno;
    ::close(fd_);
    fail("{}: cannot write: {}", file_.string(), std::strerror(error));
  }
}

FolderLock::~FolderLock() {
  ::unlink(file_.c_str());
  ::close(fd_);
}

}  // namespace fpanet
