#pragma once
// Errors that a user can cause: bad shapes, bad files, bad devices. A message names the op or file,
// the problem, every shape or value involved and the remedy. `assert` is only for our own bugs.

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace fpanet {

/// Thrown at API boundaries; programs print what() and exit with status 1.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws Error with a formatted message: fail("conv2d: x has C={}", c).
template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> message, Args&&... args) {
  throw Error(fmt::format(message, std::forward<Args>(args)...));
}

/// Calls fail(...) unless `ok`. The arguments are always evaluated, but formatted only on failure.
template <class... Args>
void require(bool ok, fmt::format_string<Args...> message, Args&&... args) {
  if (!ok) fail(message, std::forward<Args>(args)...);
}

}  // namespace fpanet
