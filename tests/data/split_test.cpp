#include "data/split.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "data/numpy_random.hpp"
#include "engine/core/error.hpp"
#include "tests/data/scene_files.hpp"
#include "tests/support/golden.hpp"

namespace fpanet {

using test::contains;
using test::message_of;

TEST_CASE("numpy random: the first words of MT19937") {
  NumpyRandom a(42), b(0);
  CHECK(a.next_u32() == 1608637542u);
  CHECK(a.next_u32() == 3421126067u);
  CHECK(b.next_u32() == 2357136044u);
  CHECK(b.next_u32() == 2546248239u);
}

TEST_CASE("split: the notebook's, index for index") {
  const auto path = test::golden_path("split.json");
  REQUIRE(path);
  const auto golden = nlohmann::json::parse(std::ifstream(*path));
  REQUIRE(golden.size() == 3);
  for (const auto& one : golden.items()) {
    const std::string& count = one.key();
    const auto& parts = one.value();
    CAPTURE(count);
    const Split split = notebook_split(std::stoll(count));
    CHECK(split.train == parts.at("train").get<std::vector<Index>>());
    CHECK(split.val == parts.at("val").get<std::vector<Index>>());
    CHECK(split.test == parts.at("test").get<std::vector<Index>>());
  }
  const Split split = notebook_split(20);
  CHECK(split.train == std::vector<Index>{7, 9, 15, 19, 12, 2, 16, 1, 8, 10, 5, 0});
  CHECK(split.val == std::vector<Index>{11, 4, 3});
  CHECK(split.test == std::vector<Index>{14, 17, 6, 18, 13});
}

TEST_CASE("split: too few scenes") {
  CHECK(contains(message_of<Error>([] { notebook_split(1); }), "1 scene cannot be split"));
  CHECK(contains(message_of<Error>([] { notebook_split(2); }), "2 scenes cannot be split"));
  const Split three = notebook_split(3);
  CHECK(three.train.size() == 1);
  CHECK(three.val.size() == 1);
  CHECK(three.test.size() == 1);
}

TEST_CASE("split: a file keeps its order and comes back") {
  const ScratchFolder scratch;
  const std::vector<std::string> ids{"a", "b", "c", "d"};
  test::write_text(scratch / "s.csv", "id,split\r\nd,train\r\nb,val\r\na,train");
  const Split split = read_split(scratch / "s.csv", ids);
  CHECK(split == Split{{3, 0}, {1}, {}});
  write_split(scratch / "t.csv", split, ids);
  CHECK(read_split(scratch / "t.csv", ids) == split);
}

TEST_CASE("split: ids with commas, quotes and line ends come back; quoted ids are read") {
  const ScratchFolder scratch;
  const std::vector<std::string> ids{"north, 1", "a\nb", "\"c\"", "100"};
  const Split split{{0, 1}, {2}, {3}};
  write_split(scratch / "t.csv", split, ids);
  CHECK(read_split(scratch / "t.csv", ids) == split);
  test::write_text(scratch / "u.csv", "\"id\",\"split\"\n\"100\",train\n\"north, 1\",\"val\"\n");
  CHECK(read_split(scratch / "u.csv", ids) == Split{{3}, {0}, {}});
}

TEST_CASE("split: every mistake in a file is named at once") {
  const ScratchFolder scratch;
  const std::vector<std::string> ids{"a", "b"};
  test::write_text(scratch / "s.csv", "id,split\na,train\nz,val\nb,tset\na,test\n");
  const std::string message = message_of<Error>([&] { read_split(scratch / "s.csv", ids); });
  CHECK(contains(message, "line 3: the data has no scene 'z'"));
  CHECK(contains(message, "line 4: 'tset' is neither train, val nor test"));
  CHECK(contains(message, "line 5: 'a' is listed twice"));
  test::write_text(scratch / "s.csv", "id,split\n");
  CHECK(contains(message_of<Error>([&] { read_split(scratch / "s.csv", ids); }), "lists no scene"));
}

}  // namespace fpanet
