#include "data/csv.hpp"

#include <doctest/doctest.h>

#include "engine/core/error.hpp"
#include "engine/core/rng.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;
using test::message_of;

namespace {

using Cells = std::vector<std::string>;

std::vector<Cells> cells_of(std::string_view text) {
  std::vector<Cells> rows;
  for (CsvRow& row : parse_csv(text, "t.csv")) rows.push_back(std::move(row.cells));
  return rows;
}

std::string error_of(std::string_view text) {
  return message_of<Error>([&] { parse_csv(text, "t.csv"); });
}

/// A cell of the characters that quoting is about.
std::string random_cell(Rng& rng) {
  const std::vector<std::string> pieces{",", "\"", "\n", "\r\n", "\r", " ",           "\t",
                                        "a", "7",  "ü",  "'",    ";",  "\xef\xbb\xbf"};
  std::string cell;
  for (std::uint64_t n = rng.below(6); n > 0; --n) cell += pieces[rng.below(pieces.size())];
  return cell;
}

}  // namespace

TEST_CASE("csv: quoted cells hold commas, line ends and quotes") {
  CHECK(cells_of("id,split\n\"1,2\",train\n\"a\nb\" , val\r\n\"say \"\"hi\"\"\",\"\"\n") ==
        std::vector<Cells>{{"id", "split"}, {"1,2", "train"}, {"a\nb", "val"}, {"say \"hi\"", ""}});
  CHECK(cells_of("\"100\",train") == std::vector<Cells>{{"100", "train"}});
  CHECK(cells_of(" \" kept \" ,\t trimmed \n") == std::vector<Cells>{{" kept ", "trimmed"}});
  CHECK(cells_of("5\" pipe,x\n") == std::vector<Cells>{{"5\" pipe", "x"}});
  CHECK(cells_of("\xef\xbb\xbf\"a\",\n\n,\n") == std::vector<Cells>{{"a", ""}, {"", ""}});
  CHECK(cells_of("").empty());
}

TEST_CASE("csv: rows know their line, past quoted line ends and empty lines") {
  const std::vector<CsvRow> rows = parse_csv("h\n\n\"a\nb\nc\"\nd\n", "t.csv");
  REQUIRE(rows.size() == 3);
  CHECK(rows[1].line == 3);
  CHECK(rows[2].line == 6);
}

TEST_CASE("csv: quotes without a partner are named with their line") {
  CHECK(contains(error_of("a,b\n1,\"2\n3,4\n"), "t.csv:2: a cell begins with a quote"));
  CHECK(contains(error_of("a,b\n\"1\"2,3\n"), "t.csv:2: '2' follows a quoted cell"));
}

TEST_CASE("csv: text that is not UTF-8 is refused with its line") {
  CHECK(contains(error_of("name\nW\xe4lder\n"), "t.csv:2: 'W?lder' is not UTF-8 text"));
  CHECK(contains(error_of("a\n\n\xed\xa0\x80\n"), "t.csv:3: "));  // a surrogate
  CHECK(contains(error_of("a\n\xc0\x80\n"), "t.csv:2: "));        // NUL in two bytes
  CHECK(contains(error_of(std::string_view("\xff\xfe"
                                           "a\0",
                                           4)),
                 "t.csv: is UTF-16"));
  CHECK(cells_of("Wälder\n") == std::vector<Cells>{{"Wälder"}});
}

TEST_CASE("csv: plain cells are written plainly") {
  CHECK(csv_line(Cells{"100", "", "a b", "val/Loss"}, "\r\n") == "100,,a b,val/Loss\r\n");
  CHECK(csv_line(Cells{"1,2", "\"", " x"}) == "\"1,2\",\"\"\"\",\" x\"\n");
  CHECK(csv_line(Cells{""}) == "\"\"\n");
}

TEST_CASE("csv: what is written is read, whatever the cells hold") {
  Rng rng(1, 2);
  for (int trial = 0; trial < 3000; ++trial) {
    const std::uint64_t columns = 1 + rng.below(4);
    const char* const line_end = rng.below(2) == 0 ? "\n" : "\r\n";
    std::vector<Cells> rows(1 + rng.below(4));
    std::string text;
    for (Cells& row : rows) {
      for (std::uint64_t c = 0; c < columns; ++c) row.push_back(random_cell(rng));
      text += csv_line(row, line_end);
    }
    CAPTURE(text);
    REQUIRE(cells_of(text) == rows);
  }
}

TEST_CASE("csv: reading takes time in proportion to the text") {
  std::string text;
  for (int i = 0; i < 400'000; ++i) text += "a,";
  CHECK(cells_of(text).front().size() == 400'001);
}

}  // namespace fpanet
