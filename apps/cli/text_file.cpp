#include "apps/cli/text_file.hpp"

#include "data/file_bytes.hpp"
#include "engine/core/atomic_file.hpp"

namespace fpanet {

std::string read_text_file(const std::filesystem::path& path) {
  const auto bytes = read_file_bytes(path);
  return {bytes.begin(), bytes.end()};
}

void write_text_file(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace fpanet
