#pragma once
// A folder for a test's files, removed at its end. It lies in memory where there is room: programs wait
// until a disk has what they save, which costs the tests more time than all computations.

#include <stdlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace fpanet {

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (parent() / "fpanet-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch folder");
    path_ = name;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  static std::filesystem::path parent() {
    constexpr std::uintmax_t kRoom = std::uintmax_t{4} << 30;
    const std::filesystem::path memory = "/dev/shm";
    std::error_code error;
    const auto space = std::filesystem::space(memory, error);
    if (std::getenv("TMPDIR") == nullptr && !error && space.available >= kRoom) return memory;
    return std::filesystem::temp_directory_path();
  }

  std::filesystem::path path_;
};

}  // namespace fpanet
