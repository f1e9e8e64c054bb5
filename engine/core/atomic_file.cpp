#include "engine/core/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "engine/core/error.hpp"

namespace fpanet {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporary = ".tmp-";

/// Whether `name` ends like the name of a temporary file: ".tmp-<pid>-<count>".
bool is_temporary(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789";
  const std::size_t at = name.rfind(kTemporary);
  if (at == name.npos) return false;
  name.remove_prefix(at + kTemporary.size());
  const std::size_t dash = name.find('-');
  return dash != name.npos && dash > 0 && dash + 1 < name.size() &&
         name.find_first_not_of(kDigits) == dash &&
         name.find_first_not_of(kDigits, dash + 1) == name.npos;
}

/// Flushes `folder`, so that a rename in it survives a power failure. Some file systems do not
/// support this, so a failure is not an error.
void sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

/// A duplicate of standard output or error if one of them is the file `status` describes.
std::optional<int> standard_stream(const struct stat& status) {
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat open {};
    if (::fstat(fd, &open) != 0 || open.st_dev != status.st_dev || open.st_ino != status.st_ino) {
      continue;
    }
    return ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  }
  return std::nullopt;
}

/// The file that a chain of symbolic links names, whether it exists or not.
fs::path follow_links(const fs::path& path) {
  constexpr int kMostLinks = 40;  // as in Linux
  fs::path target = path;
  std::error_code error;
  for (int i = 0; fs::is_symlink(target, error); ++i) {
    require(i < kMostLinks, "{}: cannot write: {}", path.string(), std::strerror(ELOOP));
    const fs::path link = fs::read_symlink(target, error);
    if (error) break;
    target = target.parent_path() / link;  // an absolute link replaces the folder
  }
  return target;
}

}  // namespace

fs::path temporary_beside(const fs::path& path) {
  static std::atomic<unsigned> count{0};
  fs::path result = path;
  result += fmt::format("{}{}-{}", kTemporary, ::getpid(), count++);
  return result;
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  struct stat status {};
  const bool exists = ::stat(path_.c_str(), &status) == 0;
  if (exists && !S_ISDIR(status.st_mode)) {
    if (const auto stream = standard_stream(status)) {
      fd_ = *stream;
    } else if (!S_ISREG(status.st_mode)) {
      fd_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    }
  }
  if (fd_ < 0 && (!exists || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) {
    target_ = follow_links(path_);
    temporary_ = temporary_beside(target_);
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ >= 0 && exists && S_ISREG(status.st_mode)) ::fchmod(fd_, status.st_mode & 07777);
  }
  require(fd_ >= 0, "{}: cannot write: {}", path_.string(), std::strerror(errno));
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  if (replaces()) ::unlink(temporary_.c_str());
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
  if (replaces()) {
    const bool flushed = ::fsync(fd_) == 0;
    require(flushed, "{}: cannot flush to the disk: {}", path_.string(), std::strerror(errno));
    const bool renamed = ::rename(temporary_.c_str(), target_.c_str()) == 0;
    require(renamed, "{}: cannot write: {}", path_.string(), std::strerror(errno));
  }
  const bool closed = ::close(std::exchange(fd_, -1)) == 0 || errno == EINTR;
  require(closed, "{}: cannot write: {}", path_.string(), std::strerror(errno));
  if (replaces()) sync_folder(target_.parent_path());
}

void move_into_place(const fs::path& temporary, const fs::path& path) {
  const int fd = ::open(temporary.c_str(), O_RDONLY | O_CLOEXEC);
  require(fd >= 0, "{}: cannot write: {}", path.string(), std::strerror(errno));
  const int flushed = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  require(flushed == 0, "{}: cannot flush to the disk: {}", path.string(), std::strerror(flushed));
  const bool renamed = ::rename(temporary.c_str(), path.c_str()) == 0;
  require(renamed, "{}: cannot write: {}", path.string(), std::strerror(errno));
  sync_folder(path.parent_path());
}

void remove_unfinished(const fs::path& folder, std::chrono::seconds age) {
  const auto newest = fs::file_time_type::clock::now() - age;
  std::error_code ignored;  // a file that cannot be removed only takes up disk space
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    if (!is_temporary(entry->path().filename().string())) continue;
    std::error_code gone;
    const auto written = fs::last_write_time(entry->path(), gone);
    if (!gone && (age.count() == 0 || written <= newest)) fs::remove(entry->path(), gone);
  }
}

}  // namespace fpanet
