#pragma once

#include <filesystem>
#include <string>

namespace fpanet {

/// ASCII letters in lower case; other bytes stay.
std::string lower_case(std::string text);
/// The suffix of a file's name in lower case: ".tif".
std::string lower_suffix(const std::filesystem::path& file);

}  // namespace fpanet
