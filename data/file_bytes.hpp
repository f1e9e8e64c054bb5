#pragma once
// Whole files in and out.

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace fpanet {

/// Throws Error naming the file and the system's reason.
std::vector<std::uint8_t> read_file_bytes(const std::filesystem::path& path);

/// Replaces the file as a whole: readers see the old one or the new one. Throws Error naming the
/// file and the system's reason, and leaves nothing half-written.
void write_file_bytes(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);

}  // namespace fpanet
