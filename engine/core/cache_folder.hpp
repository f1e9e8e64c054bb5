#pragma once
// Where what can be made again is kept from run to run.

#include <filesystem>
#include <optional>

namespace fpanet {

/// $XDG_CACHE_HOME/fpanet, else ~/.cache/fpanet, else none.
std::optional<std::filesystem::path> default_cache_folder();

}  // namespace fpanet
