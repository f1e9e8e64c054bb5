#include "engine/core/cache_folder.hpp"

#include <cstdlib>

namespace fpanet {

namespace fs = std::filesystem;

std::optional<fs::path> default_cache_folder() {
  const auto folder = [](const char* variable) -> std::optional<fs::path> {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return fs::path(value);
  };
  if (const auto cache = folder("XDG_CACHE_HOME")) return *cache / "fpanet";
  if (const auto home = folder("HOME")) return *home / ".cache" / "fpanet";
  return std::nullopt;
}

}  // namespace fpanet
