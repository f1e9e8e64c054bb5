#pragma once

#include <exception>
#include <string>

namespace fpanet {

/// How a program ends after an error, and what it says.
struct Failure {
  int exit_code = 0;
  std::string message;
};

/// Of an exception: kExitUsage for UsageError and TooFewBands, kExitFailed for all others.
Failure failure_of(const std::exception_ptr& exception);

/// Prints "program: message" to stderr, with control characters made visible.
void print_error(const std::string& program, const std::string& message);

}  // namespace fpanet
