#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace fpanet {

/// The contents of a file. Throws an Error that names the file if it cannot be read.
std::string read_text_file(const std::filesystem::path& path);

/// Replaces the file atomically. On failure the old file stays, and an Error that names the file
/// and the cause is thrown.
void write_text_file(const std::filesystem::path& path, std::string_view text);

}  // namespace fpanet
