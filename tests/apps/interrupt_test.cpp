#include "apps/cli/interrupt.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <initializer_list>

namespace fpanet {
namespace {

/// Exit code of a process that runs `body`; 1000 + the signal that ended it.
template <class Body>
int exit_code_of(Body&& body) {
  std::fflush(stderr);
  const pid_t child = ::fork();
  if (child == 0) {
    // doctest has its own
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
    if (std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(99);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("the first signal asks for a stop") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    CHECK(exit_code_of([=] {
            const InterruptGuard guard;
            const bool before = InterruptGuard::requested();
            std::raise(signal);
            return !before && InterruptGuard::requested() ? 7 : 8;
          }) == 7);
  }
}

TEST_CASE("the second signal ends the program with 130") {
  CHECK(exit_code_of([] {
          const InterruptGuard guard;
          std::raise(SIGINT);
          std::raise(SIGTERM);
          return 7;
        }) == 130);
}

TEST_CASE("a second hang-up does not end the program, an interrupt after it does") {
  CHECK(exit_code_of([] {
          const InterruptGuard guard;
          std::raise(SIGHUP);
          std::raise(SIGHUP);
          return InterruptGuard::requested() ? 7 : 8;
        }) == 7);
  CHECK(exit_code_of([] {
          const InterruptGuard guard;
          std::raise(SIGHUP);
          std::raise(SIGTERM);
          return 7;
        }) == 130);
}

TEST_CASE("a hang-up that nohup has ignored stays ignored") {
  CHECK(exit_code_of([] {
          std::signal(SIGHUP, SIG_IGN);
          exit_on_interrupt();
          const InterruptGuard guard;
          std::raise(SIGHUP);
          return InterruptGuard::requested() ? 8 : 7;
        }) == 7);
}

TEST_CASE("without a guard every signal ends the program with 130") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    CHECK(exit_code_of([=] {
            exit_on_interrupt();
            std::raise(signal);
            return 7;
          }) == 130);
  }
}

TEST_CASE("after the guard signals do what they did before") {
  CHECK(exit_code_of([] {
          { const InterruptGuard guard; }
          std::raise(SIGINT);
          return 7;
        }) == 1000 + SIGINT);
}

}  // namespace fpanet
