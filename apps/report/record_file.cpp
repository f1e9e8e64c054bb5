#include "apps/report/record_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "apps/report/crc32c.hpp"
#include "engine/core/error.hpp"

namespace fpanet {
namespace {

constexpr int kPermissions = 0666;  // less what the umask takes away

/// The bytes of an integer, lowest first.
template <class T>
std::string little_endian(T value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
  }
  return bytes;
}

}  // namespace

RecordFile::RecordFile(std::filesystem::path file) : file_(std::move(file)) {
  fd_ = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, kPermissions);
  require(fd_ >= 0, "{}: cannot be created: {}", file_.string(), std::strerror(errno));
}

RecordFile::~RecordFile() {
  ::close(fd_);
}

void RecordFile::append(std::string_view record) {
  std::string bytes = little_endian(static_cast<std::uint64_t>(record.size()));
  bytes += little_endian(masked_crc32c(bytes));
  bytes += record;
  bytes += little_endian(masked_crc32c(record));
  const std::lock_guard lock(appending_);
  const off_t begin = ::lseek(fd_, 0, SEEK_END);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int error = written < 0 ? errno : ENOSPC;
      [[maybe_unused]] const int cut = ::ftruncate(fd_, begin);
      fail("{}: cannot be written: {}", file_.string(), std::strerror(error));
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace fpanet
