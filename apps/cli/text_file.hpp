#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace fpanet {

/// All of a file; throws Error naming it if it cannot be read.
std::string read_text_file(const std::filesystem::path& path);

/// Replaces the file as a whole or, throwing Error that names it and the cause, not at all.
void write_text_file(const std::filesystem::path& path, std::string_view text);

}  // namespace fpanet
