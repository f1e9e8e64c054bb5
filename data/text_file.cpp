#include "data/text_file.hpp"

#include <sstream>

#include "data/file_bytes.hpp"
#include "engine/core/atomic_file.hpp"

namespace fpanet {

std::string read_text_file(const std::filesystem::path& path) {
  const auto bytes = read_file_bytes(path);
  return {bytes.begin(), bytes.end()};
}

std::vector<std::string> read_list(const std::filesystem::path& path) {
  std::istringstream text(read_text_file(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    line.erase(line.find_last_not_of("\r ") + 1);
    if (!line.empty() && !line.starts_with('#')) lines.push_back(line);
  }
  return lines;
}

void write_text_file(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace fpanet
