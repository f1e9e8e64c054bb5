#pragma once
// Reads and writes whole files of text.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fpanet {

/// The contents of a file. Throws an Error that names the file if it cannot be read.
std::string read_text_file(const std::filesystem::path& path);

/// The lines of a list without spaces and carriage returns at their ends, and without empty lines and those that
/// begin with '#'. Throws as read_text_file does.
std::vector<std::string> read_list(const std::filesystem::path& path);

/// Replaces the file atomically. On failure the old file stays, and an Error that names the file
/// and the cause is thrown.
void write_text_file(const std::filesystem::path& path, std::string_view text);

}  // namespace fpanet
