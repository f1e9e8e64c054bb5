#pragma once

#include <string>

namespace fpanet {

/// What Python's repr(value) prints: the fewest digits that read back as `value`, "0.1", "1e-05",
/// "16.0", "nan". Logs written so compare equal, byte for byte, with those of Python programs.
std::string python_repr(double value);

}  // namespace fpanet
