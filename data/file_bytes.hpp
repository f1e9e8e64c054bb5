#pragma once
// Reads and writes whole files, and makes folders for new ones.

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace fpanet {

/// Throws an Error that names the file and the problem.
std::vector<std::uint8_t> read_file_bytes(const std::filesystem::path& path);

/// Replaces the file atomically: readers see either the old file or the new one. On failure throws
/// an Error that names the file and the system's reason, and leaves no partial file behind.
void write_file_bytes(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);

/// Makes the folder unless it is there and empty. Throws an Error that names it if it cannot be made or holds files,
/// which might be overwritten.
void make_new_folder(const std::filesystem::path& dir);

}  // namespace fpanet
