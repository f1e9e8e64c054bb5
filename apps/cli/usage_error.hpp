#pragma once

#include <fmt/core.h>

#include <stdexcept>
#include <utility>

namespace fpanet {

/// An error in the command line or configuration file. The message names the flag or key, the value
/// and the accepted values. Programs print what() and exit with status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws UsageError with a formatted message.
template <class... Args>
[[noreturn]] void usage_fail(fmt::format_string<Args...> message, Args&&... args) {
  throw UsageError(fmt::format(message, std::forward<Args>(args)...));
}

}  // namespace fpanet
