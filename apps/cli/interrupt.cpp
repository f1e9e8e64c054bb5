#include "apps/cli/interrupt.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <string_view>

#include "apps/cli/exit_codes.hpp"

namespace fpanet {
namespace {

constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};
constexpr std::string_view kNotice =
    "\ninterrupted: saving after this step; interrupt again to exit immediately\n";

std::atomic<bool> stop_requested{false}, says_so{true};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may use no locks");

std::array<struct sigaction, kSignals.size()> previous_actions{};
bool guarded = false;

/// Whether the process was started with `signal` ignored, as nohup does with SIGHUP.
bool is_ignored(int signal) {
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  return action.sa_handler == SIG_IGN;
}

/// Only calls functions that are async-signal-safe according to POSIX.
extern "C" void request_stop(int signal) {
  if (stop_requested.exchange(true)) {
    if (signal == SIGHUP) return;
    ::_exit(kExitInterrupted);
  }
  if (!says_so) return;
  const int saved_errno = errno;
  // If the notice cannot be written, nothing else needs to be done.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kNotice.data(), kNotice.size());
  errno = saved_errno;
}

extern "C" void leave(int /*signal*/) {
  ::_exit(kExitInterrupted);
}

}  // namespace

void exit_on_interrupt() {
  for (const int signal : kSignals) {
    if (is_ignored(signal)) continue;
    struct sigaction action {};
    action.sa_handler = leave;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
  }
}

InterruptGuard::InterruptGuard(bool say) {
  assert(!guarded);
  guarded = true;
  says_so = say;
  stop_requested = false;
  struct sigaction action {};
  action.sa_handler = request_stop;
  action.sa_flags = SA_RESTART;  // interrupted reads and writes continue
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    const bool keeps_ignoring = kSignals[i] == SIGHUP && is_ignored(SIGHUP);
    ::sigaction(kSignals[i], keeps_ignoring ? nullptr : &action, &previous_actions[i]);
  }
}

InterruptGuard::~InterruptGuard() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &previous_actions[i], nullptr);
  }
  guarded = false;
}

bool InterruptGuard::requested() {
  return stop_requested;
}

}  // namespace fpanet
