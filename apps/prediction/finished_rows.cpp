#include "apps/prediction/finished_rows.hpp"

#include <zlib.h>

#include <cstring>
#include <sstream>
#include <system_error>

#include "data/file_bytes.hpp"
#include "data/text_file.hpp"
#include "engine/core/atomic_file.hpp"
#include "engine/core/error.hpp"

namespace fpanet {
namespace {

namespace fs = std::filesystem;

constexpr const char* kJob = "job.txt";
constexpr std::string_view kPartMagic = "fpanet rows 1\n";
constexpr int kFast = 1;  // zlib's level: the parts are temporary

/// The first line of `now` that differs from that of `before`.
std::string difference(const std::string& before, const std::string& now) {
  std::istringstream a(before), b(now);
  std::string old_line, new_line;
  while (true) {
    const bool has_old = bool(std::getline(a, old_line)), has_new = bool(std::getline(b, new_line));
    if (!has_old && !has_new) return "nothing";
    if (!has_old || !has_new || old_line != new_line) {
      return fmt::format("it was '{}', now it is '{}'", has_old ? old_line : "",
                         has_new ? new_line : "");
    }
  }
}

}  // namespace

FinishedRows::FinishedRows(fs::path folder, std::string_view job, bool resume)
    : folder_(std::move(folder)) {
  std::error_code error;
  if (fs::exists(folder_ / kJob, error)) {
    if (resume) {
      const std::string before = read_text_file(folder_ / kJob), now(job);
      require(before == now,
              "{}: --resume finds the unfinished map of another job ({}); leave out --resume to "
              "start again",
              folder_.string(), difference(before, now));
      remove_unfinished(folder_);
      while (fs::exists(file_of(count_), error)) ++count_;
      return;
    }
    remove();
  }
  fs::create_directories(folder_, error);
  require(!error, "{}: cannot create the folder: {}", folder_.string(), error.message());
  write_text_file(folder_ / kJob, job);
}

fs::path FinishedRows::file_of(Index part) const {
  return folder_ / fmt::format("rows-{}", part);
}

void FinishedRows::add(std::span<const std::uint8_t> bytes) {
  uLongf size = ::compressBound(bytes.size());
  std::vector<std::uint8_t> packed(size);
  const int result = ::compress2(packed.data(), &size, bytes.data(), bytes.size(), kFast);
  require(result == Z_OK, "{}: zlib cannot compress {} bytes", folder_.string(), bytes.size());
  const std::uint64_t length = bytes.size();
  AtomicFile file(file_of(count_));
  file.write(kPartMagic);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(std::as_bytes(std::span(packed.data(), size)));
  file.commit();
  ++count_;
}

std::vector<std::uint8_t> FinishedRows::read(Index part) const {
  const fs::path path = file_of(part);
  const std::vector<std::uint8_t> file = read_file_bytes(path);
  std::uint64_t length = 0;
  const std::size_t head = kPartMagic.size() + sizeof length;
  const auto damaged = [&] {
    fail("{}: is damaged; leave out --resume to start again", path.string());
  };
  if (file.size() < head || std::memcmp(file.data(), kPartMagic.data(), kPartMagic.size()) != 0)
    damaged();
  std::memcpy(&length, file.data() + kPartMagic.size(), sizeof length);
  // zlib's best ratio is about 1030: a length beyond that is no length.
  constexpr std::uint64_t kMostRatio = 1100;
  if (length / kMostRatio > file.size()) damaged();
  std::vector<std::uint8_t> bytes(length);
  uLongf size = length;
  const int result = ::uncompress(bytes.data(), &size, file.data() + head, file.size() - head);
  if (result != Z_OK || size != length) damaged();
  return bytes;
}

void FinishedRows::remove() {
  std::error_code ignored;  // what cannot be removed only takes up disk space
  fs::remove_all(folder_, ignored);
}

}  // namespace fpanet
