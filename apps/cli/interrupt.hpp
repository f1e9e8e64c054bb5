#pragma once

namespace fpanet {

/// From now on SIGINT and SIGTERM end the program at once with kExitInterrupted, as a shell would
/// report it; a signal that the caller has the program ignore stays ignored.
void exit_on_interrupt();

/// While it lives, the first SIGINT or SIGTERM only asks the program to stop: it finishes its step,
/// saves and exits with kExitInterrupted. A second one ends it at once with the same code. At most
/// one at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// Whether a signal has come since the guard was made.
  static bool requested();
};

}  // namespace fpanet
