#include "apps/training/run_folder.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "data/text_file.hpp"
#include "engine/core/error.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::message_of;

/// The message of RunFolder::create in the same process or, as here, in another one.
std::string create_message(const fs::path& folder) {
  return message_of<Error>([&] { RunFolder::create(folder); });
}

/// A process that holds a run folder until it is killed.
class Holder {
 public:
  explicit Holder(const fs::path& folder) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const RunFolder run = RunFolder::create(folder);
      if (::write(ready[1], "x", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Holder() { kill(); }

  pid_t pid() const { return pid_; }
  void kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("resuming clears away what a killed process was writing") {
  const ScratchFolder scratch;
  { const RunFolder run = RunFolder::create(scratch / "run"); }
  const fs::path half = scratch / "run/checkpoints/last.safetensors.tmp-17-0";
  write_text_file(scratch / "run/config.toml", "");
  write_text_file(RunFolder::training_state(scratch / "run"), "");
  write_text_file(half, "x");
  const RunFolder run = RunFolder::resume(scratch / "run");
  CHECK_FALSE(fs::exists(half));
  CHECK(fs::exists(run.training_state()));
  CHECK(fs::exists(run.config()));
}

TEST_CASE("a new run folder is made with its parents and held while in use") {
  const ScratchFolder scratch;
  const fs::path folder = scratch / "a/b/run";
  {
    const RunFolder run = RunFolder::create(folder);
    CHECK(fs::is_directory(folder / "checkpoints"));
    CHECK(run.config() == folder / "config.toml");
    CHECK(contains(create_message(folder), "in use by process " + std::to_string(::getpid())));
  }
  CHECK_FALSE(fs::exists(folder / "lock"));
}

TEST_CASE("a run folder that is not empty is refused and left alone") {
  const ScratchFolder scratch;
  write_text_file(scratch / "thesis.txt", "all of it");
  const auto message = create_message(scratch.path());
  CHECK(contains(message, "not empty"));
  CHECK(contains(message, "thesis.txt"));
  CHECK(contains(message, "--resume"));
  CHECK_FALSE(fs::exists(scratch / "lock"));
  CHECK_FALSE(fs::exists(scratch / "checkpoints"));
  CHECK(contains(create_message(scratch / "thesis.txt"), "is a file"));
  CHECK(contains(create_message(scratch / "thesis.txt/run"), "thesis.txt/run"));
}

TEST_CASE("a run folder in use by another process is refused; a dead process holds nothing") {
  const ScratchFolder scratch;
  const fs::path folder = scratch / "run";
  Holder holder(folder);
  CHECK(contains(create_message(folder), "in use by process " + std::to_string(holder.pid())));
  write_text_file(folder / "config.toml", "");
  write_text_file(folder / "checkpoints/training_state.safetensors", "");
  CHECK(contains(message_of<Error>([&] { RunFolder::resume(folder); }), "in use by process"));
  holder.kill();
  CHECK(fs::exists(folder / "lock"));  // left by the dead
  CHECK(RunFolder::resume(folder).path() == folder);
}

TEST_CASE("what a run left that died before it began is removed, and nothing else") {
  const ScratchFolder scratch;
  const fs::path folder = scratch / "run";
  const auto write = [&](const char* name) {
    fs::create_directories((folder / name).parent_path());
    write_text_file(folder / name, "x");
  };
  const auto create = [&] { return create_message(folder); };
  for (const char* name :
       {"checkpoints/training_state.safetensors", "checkpoints/last.safetensors",
        "checkpoints/best.safetensors", "checkpoints/best.safetensors.tmp-1-0", "split.csv",
        "split.csv.tmp-1-1", "class_dict.csv", "config.toml.tmp-1-2", "lock"}) {
    write(name);
  }
  CHECK(create().empty());
  CHECK(fs::is_empty(folder / "checkpoints"));
  CHECK_FALSE(fs::exists(folder / "split.csv"));
  CHECK_FALSE(fs::exists(folder / "class_dict.csv"));

  write("checkpoints/training_state.safetensors");
  for (const char* name : {"config.toml", "metrics.csv", "steps.csv", "checkpoints/mine.pth"}) {
    CAPTURE(name);
    write(name);
    CHECK(contains(create(), "not empty (it contains " + fs::path(name).filename().string()));
    CHECK(contains(create(), "use another"));
    const bool resumable = std::string(name) == "config.toml";
    CHECK(contains(create(), "continue that run with --resume") == resumable);
    CHECK(fs::exists(folder / "checkpoints/training_state.safetensors"));
    CHECK(fs::exists(folder / name));
    fs::remove(folder / name);
  }
  fs::remove(folder / "checkpoints/training_state.safetensors");
  for (const char* name : {"split.csv", "class_dict.csv"}) {
    write(name);  // the user's, since it is older than any state
    CHECK(contains(create(), std::string("it contains ") + name));
    fs::remove(folder / name);
  }
}

TEST_CASE("a checkpoint is found in a run folder or in a folder of the Hugging Face Hub") {
  const ScratchFolder scratch;
  fs::create_directories(scratch / "checkpoints");
  const auto message = [&] { return message_of<Error>([&] { find_checkpoint(scratch.path()); }); };
  CHECK(contains(message(), "is it a run folder?"));
  write_text_file(scratch / "config.toml", "");
  write_text_file(scratch / "checkpoints/training_state.safetensors", "");
  CHECK(contains(message(), "has not finished its first epoch"));
  for (const char* name :
       {"pytorch_model.bin.index.json", "pytorch_model.bin", "model.safetensors.index.json",
        "model.safetensors", "checkpoints/last.safetensors", "checkpoints/best.safetensors"}) {
    write_text_file(scratch / name, "");
    CHECK(find_checkpoint(scratch.path()) == scratch / name);
    CHECK(find_checkpoint(scratch / name) == scratch / name);
  }
  CHECK(contains(message_of<Error>([&] { find_checkpoint(scratch / "none"); }), "no such"));
}

TEST_CASE("only a run that has saved can be resumed") {
  const ScratchFolder scratch;
  const auto message = [&] {
    return message_of<Error>([&] { RunFolder::resume(scratch.path()); });
  };
  CHECK(contains(message(), "config.toml is missing"));
  write_text_file(scratch / "config.toml", "");
  CHECK(contains(message(), "checkpoints/training_state.safetensors is missing"));
}

TEST_CASE("without a name a run folder is runs/<date>-<n>, each a new one") {
  const ScratchFolder scratch;
  const fs::path before = fs::current_path();
  fs::current_path(scratch.path());
  const RunFolder first = RunFolder::create({});
  const RunFolder second = RunFolder::create({});
  fs::current_path(before);
  CHECK(first.path().parent_path() == "runs");
  const std::string name = first.path().filename().string();
  CHECK(name.size() == std::string("2024-01-31-1").size());
  CHECK(name.ends_with("-1"));
  CHECK(second.path().filename().string() == name.substr(0, name.size() - 1) + "2");
}

TEST_CASE("a checkpoint is named by its file or its run folder, where the best comes first") {
  const ScratchFolder scratch;
  const auto message = [&](const fs::path& path) {
    return message_of<Error>([&] { find_checkpoint(path); });
  };
  CHECK(contains(message(scratch / "none"), "no such checkpoint"));
  CHECK(contains(message(scratch.path()), "best.safetensors"));
  fs::create_directory(scratch / "checkpoints");
  write_text_file(RunFolder::last_checkpoint(scratch.path()), "");
  CHECK(find_checkpoint(scratch.path()) == scratch / "checkpoints/last.safetensors");
  write_text_file(RunFolder::best_checkpoint(scratch.path()), "");
  CHECK(find_checkpoint(scratch.path()) == scratch / "checkpoints/best.safetensors");
  const fs::path last = scratch / "checkpoints/last.safetensors";
  CHECK(find_checkpoint(last) == last);
}

}  // namespace fpanet
