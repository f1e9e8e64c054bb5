#include "apps/cli/memory.hpp"

#include <fmt/core.h>

#include <array>
#include <fstream>
#include <limits>
#include <string_view>

#include "engine/core/error.hpp"

namespace fpanet {
namespace {

/// The value in bytes of a field of /proc/self/status that is given in kB.
std::int64_t status_bytes(std::string_view field) {
  std::ifstream status("/proc/self/status");
  std::string name;
  std::int64_t kilobytes = 0;
  while (status >> name) {
    if (name == field && status >> kilobytes) return kilobytes * 1024;
    status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  fail("/proc/self/status: has no {}", field);
}

}  // namespace

std::int64_t peak_resident_bytes() {
  return status_bytes("VmHWM:");
}

std::int64_t resident_bytes() {
  return status_bytes("VmRSS:");
}

std::string bytes_str(std::int64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::array<const char*, 3> kUnits = {"KiB", "MiB", "GiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace fpanet
