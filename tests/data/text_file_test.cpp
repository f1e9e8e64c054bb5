#include "data/text_file.hpp"

#include <doctest/doctest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>

#include "engine/core/error.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::message_of;

auto entries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

/// A disk of 64 KiB, for as long as it lives; needs root.
class TinyDisk {
 public:
  explicit TinyDisk(const fs::path& at) : at_(at) {
    mounted_ = ::mount("none", at.c_str(), "tmpfs", 0, "size=64k") == 0;
  }
  ~TinyDisk() {
    if (mounted_) ::umount(at_.c_str());
  }
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  fs::path at_;
  bool mounted_ = false;
};

}  // namespace

TEST_CASE("a text file is replaced as a whole") {
  const ScratchFolder scratch;
  write_text_file(scratch / "a.txt", "first, and longer");
  write_text_file(scratch / "a.txt", "second");
  CHECK(read_text_file(scratch / "a.txt") == "second");
  CHECK(entries(scratch.path()) == 1);
}

TEST_CASE("a full disk is named, the old file stays and nothing half-written") {
  const ScratchFolder scratch;
  const TinyDisk disk(scratch.path());
  if (!disk.mounted()) {
    MESSAGE("skipped: a small file system can be mounted by root alone");
    return;
  }
  write_text_file(scratch / "a.csv", "old");
  const std::string large(200'000, 'x');
  const auto message = message_of<Error>([&] { write_text_file(scratch / "a.csv", large); });
  CHECK(contains(message, (scratch / "a.csv").string()));
  CHECK(contains(message, "No space left on device"));
  CHECK(read_text_file(scratch / "a.csv") == "old");
  CHECK(entries(scratch.path()) == 1);
}

TEST_CASE("lists are read without blanks at their ends, empty lines and comments") {
  const ScratchFolder scratch;
  write_text_file(scratch / "list.txt", "# names\na b.tif \r\n\n  c.tif\n \nd.tif");
  CHECK(read_list(scratch / "list.txt") == std::vector<std::string>{"a b.tif", "  c.tif", "d.tif"});
}

TEST_CASE("a file that cannot be written or read is named with the cause") {
  const ScratchFolder scratch;
  const fs::path nowhere = scratch / "none/a.txt";
  CHECK(contains(message_of<Error>([&] { write_text_file(nowhere, "x"); }), nowhere.string()));
  CHECK(contains(message_of<Error>([&] { read_text_file(nowhere); }), nowhere.string()));
}

}  // namespace fpanet
