#pragma once

#include <cstdint>
#include <string>

namespace fpanet {

/// The peak resident memory of this process in bytes (VmHWM of /proc/self/status).
std::int64_t peak_resident_bytes();

/// The current resident memory in bytes (VmRSS).
std::int64_t resident_bytes();

/// 1536 -> "1.5 KiB". The largest unit is GiB.
std::string bytes_str(std::int64_t bytes);

}  // namespace fpanet
