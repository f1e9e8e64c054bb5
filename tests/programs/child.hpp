#pragma once
// A program that runs beside the test, for tests that send it signals.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/programs/run_program.hpp"

namespace fpanet::test {

class Child {
 public:
  /// Starts `fpanet_NAME arguments...`; `before` is text in front of it: "exec nohup ".
  Child(const std::string& name, const std::string& arguments, const std::string& before = "exec ")
      : pid_(::fork()) {
    if (pid_ != 0) return;
    // A shell may have its background jobs ignore these.
    for (const int signal : {SIGINT, SIGHUP}) ::signal(signal, SIG_DFL);
    const std::string command = before + FPANET_PROGRAMS + "/fpanet_" + name + " " + arguments;
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    send(SIGKILL);
    wait();
  }

  void send(int signal) const { ::kill(pid_, signal); }
  /// The exit code; 1000 + the signal that ended it.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }

 private:
  pid_t pid_;
};

/// The number of lines in `file`; 0 if there is none.
inline std::int64_t lines_in(const std::filesystem::path& file) {
  const std::string text = contents(file);
  return std::count(text.begin(), text.end(), '\n');
}

/// Waits up to two minutes until the run has finished `steps` steps.
inline void wait_for_steps(const std::filesystem::path& run, std::int64_t steps) {
  using namespace std::chrono_literals;
  for (int i = 0; i < 6000 && lines_in(run / "steps.csv") < 1 + steps; ++i) {
    std::this_thread::sleep_for(20ms);
  }
}

}  // namespace fpanet::test
