#include "apps/prediction/finished_rows.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "data/file_bytes.hpp"
#include "engine/core/error.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {

using test::contains;
using test::message_of;

TEST_CASE("finished rows: come back after a kill, and only with --resume") {
  const ScratchFolder scratch;
  const auto folder = scratch / "work";
  const std::vector<std::uint8_t> first(100000, 7), second{1, 2, 3}, none;
  {
    FinishedRows rows(folder, "image a.tif\nwindow 320\n", false);
    CHECK(rows.count() == 0);
    rows.add(first);
    rows.add(second);
    rows.add(none);
  }
  // A part that was being written when the program was killed.
  std::ofstream(folder / "rows-3.tmp-1-0") << "half";
  {
    FinishedRows rows(folder, "image a.tif\nwindow 320\n", true);
    CHECK(rows.count() == 3);
    CHECK(rows.read(0) == first);
    CHECK(rows.read(1) == second);
    CHECK(rows.read(2) == none);
    CHECK(std::filesystem::file_size(folder / "rows-0") < 2000);
    rows.add(second);
    CHECK(rows.count() == 4);
    CHECK(!std::filesystem::exists(folder / "rows-3.tmp-1-0"));
  }
  const std::string other =
      message_of<Error>([&] { FinishedRows(folder, "image a.tif\nwindow 64\n", true); });
  CHECK(contains(other, "'window 320', now it is 'window 64'"));
  FinishedRows again(folder, "image a.tif\nwindow 320\n", false);
  CHECK(again.count() == 0);
  again.remove();
  CHECK(!std::filesystem::exists(folder));
}

TEST_CASE("finished rows: every damaged byte is noticed, or changes nothing") {
  const ScratchFolder scratch;
  std::vector<std::uint8_t> bytes(300);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * i);
  FinishedRows rows(scratch / "work", "job", false);
  rows.add(bytes);
  const auto file = scratch / "work/rows-0";
  const std::vector<std::uint8_t> good = read_file_bytes(file);
  const auto with = [&](const std::vector<std::uint8_t>& content) {
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()),
               static_cast<std::streamsize>(content.size()));
    try {
      return rows.read(0) == bytes;
    } catch (const Error& error) {
      return contains(error.what(), "rows-0: is damaged");
    }
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::vector<std::uint8_t> bad = good;
    bad[i] ^= 0x41;
    CHECK(with(bad));
    bad.resize(i);
    CHECK(with(bad));
  }
}

}  // namespace fpanet
