#pragma once

#include <string>

namespace fpanet {

/// The text of Python's repr(value), the fewest digits that read back as `value`: "0.1", "1e-05",
/// "16.0", "nan". Logs with such numbers are byte for byte equal to those of Python programs.
std::string python_repr(double value);

}  // namespace fpanet
