#include "apps/cli/cli.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include "apps/cli/console.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/training/train_command_line.hpp"
#include "data/text_file.hpp"
#include "engine/core/error.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {
namespace {

using test::contains;

struct Outcome {
  int exit_code = -1;
  std::string out, err;
};

/// Runs a program with fpanet_train's command line and this body in a process of its own.
Outcome run_program(std::vector<const char*> arguments, const std::function<int()>& body,
                    const std::string& out_file = {}) {
  const ScratchFolder folder;
  const std::string out = out_file.empty() ? (folder / "out").string() : out_file;
  const std::string err = (folder / "err").string();
  std::fflush(stdout);
  std::fflush(stderr);
  const pid_t child = ::fork();
  if (child == 0) {
    if (std::freopen(out.c_str(), "w", stdout) == nullptr) ::_exit(99);
    if (std::freopen(err.c_str(), "w", stderr) == nullptr) ::_exit(99);
    arguments.insert(arguments.begin(), "program");
    const auto app =
        make_app("program", "Does what the test wants.", "program --data d\nprogram --version");
    TrainCommandLine command_line(*app);
    const int code = run_main(*app, static_cast<int>(arguments.size()), arguments.data(), [&] {
      command_line.resolve();
      return body();
    });
    std::fflush(stderr);
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  Outcome outcome;
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (out_file.empty()) outcome.out = read_text_file(out);
  outcome.err = read_text_file(err);
  return outcome;
}

int succeed() {
  return kExitDone;
}

}  // namespace

TEST_CASE("exit codes: what goes wrong becomes one line on stderr") {
  const auto done = run_program({"--data", "d"}, [] {
    fmt::print("result\n");
    return kExitDone;
  });
  CHECK(done.exit_code == 0);
  CHECK(done.out == "result\n");
  CHECK(done.err.empty());

  const auto failed = run_program({"--data", "d"}, []() -> int { fail("a.jpg: broken"); });
  CHECK(failed.exit_code == 1);
  CHECK(failed.err == "program: a.jpg: broken\n");
  CHECK(failed.out.empty());

  const auto memory = run_program({"--data", "d"}, []() -> int { throw std::bad_alloc(); });
  CHECK(memory.exit_code == 1);
  CHECK(contains(memory.err, "out of memory"));

  const auto usage = run_program({"--data", "d"}, []() -> int { usage_fail("--x 1: no"); });
  CHECK(usage.exit_code == 2);
  CHECK(usage.err == "program: --x 1: no\n");

  CHECK(run_program({"--data", "d"}, [] { return kExitInterrupted; }).exit_code == 130);
}

TEST_CASE("exit codes: wrong command lines give 2 and say what is accepted") {
  const auto value = run_program({"--data", "d", "--batch-size", "0"}, succeed);
  CHECK(value.exit_code == 2);
  CHECK(value.err == "program: --batch-size 0: expected an integer from 1 to 4096\n");

  const auto missing = run_program({"--data", "d", "--epochs"}, succeed);
  CHECK(missing.exit_code == 2);
  CHECK(missing.err == "program: --epochs needs a value: expected an integer from 1 to 1000000\n");

  const auto unknown = run_program({"--data", "d", "--epoch", "3"}, succeed);
  CHECK(unknown.exit_code == 2);
  CHECK(contains(unknown.err, "--epoch"));
  CHECK(contains(unknown.err, "program --help"));

  const auto twice = run_program({"--data", "d", "--lr", "1", "--lr", "2"}, succeed);
  CHECK(twice.exit_code == 2);
  CHECK(twice.err == "program: --lr is given more than once: expected a number of at least 0\n");
}

TEST_CASE("--help prints examples and every default, --version the version") {
  const auto help = run_program({"--help"}, succeed);
  CHECK(help.exit_code == 0);
  CHECK(help.err.empty());
  CHECK(contains(help.out, "Examples:\n  program --data d\n  program --version\n"));
  TrainConfig config;
  Settings settings;
  describe(config, settings);
  for (const Setting& setting : settings.all()) {
    CHECK_MESSAGE(contains(help.out, "--" + setting.name + " "), setting.name);
    const std::string wanted = setting.required ? "[required]" : "[default: " + setting.str() + "]";
    CHECK_MESSAGE(contains(help.out, wanted), setting.name);
  }
  const auto version = run_program({"--version"}, succeed);
  CHECK(version.exit_code == 0);
  CHECK(contains(version.out, "program " FPANET_VERSION));
}

TEST_CASE("messages lose the control characters of the names in them") {
  const auto failed = run_program(
      {"--data", "d"}, []() -> int { fail("a\x1b[2J\xc2\x9b.jpg: b\xff\r\n  c\td \xc3\xa9"); });
  CHECK(failed.err == "program: a?[2J?.jpg: b??\n  c\td \xc3\xa9\n");
}

TEST_CASE("a message that cannot be written changes nothing") {
  const auto code = [](const char* target) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (std::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(99);
      if (target == nullptr) {
        ::close(STDERR_FILENO);
      } else if (std::freopen(target, "w", stderr) == nullptr) {
        ::_exit(99);
      }
      const auto app = make_app("program", "Does what the test wants.", "program");
      const std::array<const char*, 1> arguments = {"program"};
      ::_exit(run_main(*app, 1, arguments.data(), [] {
        Console console(false);
        console.info("text");
        console.warning("text");
        fail("text");
        return 0;
      }));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  };
  CHECK(code("/dev/full") == 1);
  CHECK(code(nullptr) == 1);
}

TEST_CASE("results that cannot be written are a failure") {
  const auto full = run_program(
      {"--data", "d"},
      [] {
        fmt::print("result\n");
        return kExitDone;
      },
      "/dev/full");
  CHECK(full.exit_code == 1);
  CHECK(contains(full.err, "standard output"));
}

}  // namespace fpanet
