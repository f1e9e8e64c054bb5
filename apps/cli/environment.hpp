#pragma once

#include <string>

namespace fpanet {

/// The environment of a run, to record next to results: "fpanet 0.1.0, GCC 12.2.0, Linux 6.1
/// x86_64, Intel Xeon ..., 2 threads".
std::string environment_line(int threads);

}  // namespace fpanet
