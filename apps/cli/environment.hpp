#pragma once

#include <string>

namespace fpanet {

/// What results were made with: "fpanet 0.1.0, GCC 12.2.0, Linux 6.1, Intel Xeon ..., 2 threads".
std::string environment_line(int threads);

}  // namespace fpanet
