#include "engine/core/atomic_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "engine/core/error.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::message_of;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void replace(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

auto entries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

}  // namespace

TEST_CASE("atomic file: a file is replaced as a whole and keeps its permissions") {
  const ScratchFolder scratch;
  replace(scratch / "a", "old");
  fs::permissions(scratch / "a", fs::perms::owner_read | fs::perms::owner_write);
  {
    AtomicFile file(scratch / "a");
    file.write("never committed");
  }
  CHECK(text_of(scratch / "a") == "old");
  replace(scratch / "a", "new");
  CHECK(text_of(scratch / "a") == "new");
  CHECK(fs::status(scratch / "a").permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(entries(scratch.path()) == 1);
}

TEST_CASE("atomic file: a symbolic link stays, and the file that it names is replaced") {
  const ScratchFolder scratch;
  fs::create_directory(scratch / "real");
  replace(scratch / "real/a", "old");
  fs::create_symlink("real/a", scratch / "relative");
  fs::create_symlink(scratch / "relative", scratch / "absolute");
  fs::create_symlink("real/new", scratch / "dangling");
  for (const char* name : {"relative", "absolute"}) {
    CAPTURE(name);
    replace(scratch / name, name);
    CHECK(fs::is_symlink(scratch / name));
    CHECK(text_of(scratch / "real/a") == name);
  }
  replace(scratch / "dangling", "x");
  CHECK(fs::is_symlink(scratch / "dangling"));
  CHECK(text_of(scratch / "real/new") == "x");
  CHECK(entries(scratch / "real") == 2);

  fs::create_symlink("loop", scratch / "loop");
  CHECK(contains(message_of<Error>([&] { replace(scratch / "loop", "x"); }), "loop: cannot write"));
}

TEST_CASE("atomic file: what is no regular file is written to and stays what it is") {
  const ScratchFolder scratch;
  const fs::path fifo = scratch / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  std::string received;
  std::thread reader([&] { received = text_of(fifo); });
  replace(fifo, "through the pipe");
  reader.join();
  CHECK(received == "through the pipe");
  CHECK(fs::is_fifo(fifo));

  replace("/dev/null", "x");
  CHECK(fs::is_character_file("/dev/null"));
  fs::create_symlink("/dev/full", scratch / "full");
  CHECK(contains(message_of<Error>([&] { replace(scratch / "full", "x"); }),
                 "No space left on device"));
  CHECK(fs::is_symlink(scratch / "full"));
  CHECK(contains(message_of<Error>([&] { replace(scratch.path(), "x"); }), "cannot write"));
}

TEST_CASE("atomic file: standard output is written to, wherever it goes") {
  const ScratchFolder scratch;
  const int saved = ::dup(STDOUT_FILENO);
  const int file = ::open((scratch / "out").c_str(), O_WRONLY | O_CREAT, 0600);
  std::fflush(stdout);
  ::dup2(file, STDOUT_FILENO);
  [[maybe_unused]] ssize_t written = ::write(STDOUT_FILENO, "before ", 7);
  replace("/dev/stdout", "result ");
  written = ::write(STDOUT_FILENO, "after", 5);
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  ::close(file);
  CHECK(text_of(scratch / "out") == "before result after");
  CHECK(fs::is_symlink("/dev/stdout"));
}

TEST_CASE("atomic file: only its own temporary files are removed, and only old ones") {
  const ScratchFolder scratch;
  for (const char* name : {"a.tmp-12-0", "notes.tmp-mine", "b.tmp-", "c.tmp-1-", "d.tmp-1-2x"}) {
    std::ofstream(scratch / name) << "x";
  }
  remove_unfinished(scratch.path(), std::chrono::hours(1));
  CHECK(entries(scratch.path()) == 5);
  remove_unfinished(scratch.path());
  CHECK(entries(scratch.path()) == 4);
  CHECK_FALSE(fs::exists(scratch / "a.tmp-12-0"));
  remove_unfinished(scratch / "none");
}

}  // namespace fpanet
