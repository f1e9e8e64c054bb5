#pragma once

namespace fpanet {

/// After this call, SIGINT, SIGTERM and SIGHUP end the program immediately with kExitInterrupted, the code
/// that a shell reports for SIGINT. A signal that is already ignored stays ignored.
void exit_on_interrupt();

/// While a guard exists, the first SIGINT, SIGTERM or SIGHUP only requests a stop: the program
/// finishes its step, saves and exits with kExitInterrupted. A second SIGINT or SIGTERM ends it
/// immediately with the same code. A second SIGHUP does not, because a terminal that goes away often
/// sends two. A SIGHUP that was ignored before (nohup) stays ignored. Only one guard may exist at a
/// time.
class InterruptGuard {
 public:
  /// Of several ranks, only one has to `say` on stderr that it was interrupted.
  explicit InterruptGuard(bool say = true);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// True if a signal has arrived since the guard was created.
  static bool requested();
};

}  // namespace fpanet
