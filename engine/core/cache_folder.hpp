#pragma once
// The folder for files that are kept between runs and can be regenerated at any time.

#include <filesystem>
#include <optional>

namespace fpanet {

/// $XDG_CACHE_HOME/fpanet, else ~/.cache/fpanet; nullopt if neither variable (XDG_CACHE_HOME, HOME)
/// is set.
std::optional<std::filesystem::path> default_cache_folder();

}  // namespace fpanet
