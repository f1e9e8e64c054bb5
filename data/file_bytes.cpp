#include "data/file_bytes.hpp"

#include <fstream>

#include "engine/core/atomic_file.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

std::vector<std::uint8_t> read_file_bytes(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  require(std::filesystem::exists(status), "{}: there is no such file", path.string());
  require(std::filesystem::is_regular_file(status), "{}: is not a regular file", path.string());

  std::ifstream file(path, std::ios::binary);
  require(file.is_open(), "{}: cannot be opened; check its permissions", path.string());
  std::vector<std::uint8_t> bytes(std::filesystem::file_size(path));
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  require(file.gcount() == static_cast<std::streamsize>(bytes.size()),
          "{}: cannot be read: got {} of {} bytes", path.string(), file.gcount(), bytes.size());
  return bytes;
}

void write_file_bytes(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  AtomicFile file(path);
  file.write(std::as_bytes(bytes));
  file.commit();
}

void make_new_folder(const std::filesystem::path& dir) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  require(!error, "{}: cannot be created: {}", dir.string(), error.message());
  require(std::filesystem::is_empty(dir, error),
          "{}: the folder is not empty, and its files may not be overwritten; choose another",
          dir.string());
}

}  // namespace fpanet
