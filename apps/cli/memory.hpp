#pragma once

#include <cstdint>
#include <string>

namespace fpanet {

/// The most memory this process has had in RAM, in bytes (VmHWM of /proc/self/status).
std::int64_t peak_resident_bytes();

/// The memory it has in RAM now, in bytes (VmRSS).
std::int64_t resident_bytes();

/// 1536 -> "1.5 KiB"; up to GiB.
std::string bytes_str(std::int64_t bytes);

}  // namespace fpanet
