#include "apps/training/csv_logger.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "data/text_file.hpp"
#include "engine/core/error.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {
namespace {

using test::contains;
using test::message_of;

std::vector<LoggedValue> six(const std::string& part, double loss) {
  return {{part + "/Loss", loss},       {part + "/IoU", 0.5},     {part + "/Accuracy", 0.25},
          {part + "/Precision", 0.125}, {part + "/Recall", 0.75}, {part + "/F1score", 1.0}};
}

// Row by row what Lightning 2.0.2's CSVLogger wrote for the same calls.
constexpr const char* kFirstRow =
    "val/Loss,val/IoU,val/Accuracy,val/Precision,val/Recall,val/F1score,epoch,step\r\n"
    "0.10000000149011612,0.5,0.25,0.125,0.75,1.0,0,30\r\n";
constexpr const char* kBothRows =
    "val/Loss,val/IoU,val/Accuracy,val/Precision,val/Recall,val/F1score,epoch,step,"
    "train/Loss,train/IoU,train/Accuracy,train/Precision,train/Recall,train/F1score\r\n"
    "0.10000000149011612,0.5,0.25,0.125,0.75,1.0,0,30,,,,,,\r\n"
    ",,,,,,0,30,0.20000000298023224,0.5,0.25,0.125,0.75,1.0\r\n";

}  // namespace

TEST_CASE("metrics.csv has Lightning's layout, two rows an epoch") {
  const ScratchFolder folder;
  CsvLogger logger(folder / "metrics.csv", 0);
  logger.log(six("val", 0.1), 0, 30);
  CHECK(read_text_file(folder / "metrics.csv") == kFirstRow);
  logger.log(six("train", 0.2), 0, 30);
  CHECK(read_text_file(folder / "metrics.csv") == kBothRows);
}

TEST_CASE("metrics.csv: our own columns come after the notebook's, whenever they appear") {
  const ScratchFolder folder;
  CsvLogger logger(folder / "metrics.csv", 0);
  auto val = six("val", 0.1);
  val.push_back({"val/mean_iou", 0.1});
  logger.log(val, 0, 30);
  auto train = six("train", 0.2);
  train.push_back({"seconds", 12.5});
  logger.log(train, 0, 30);
  const auto table = MetricsTable::read(folder / "metrics.csv");
  REQUIRE(table.columns.size() == 16);
  CHECK(table.columns[8] == "train/Loss");
  CHECK(table.columns[14] == "val/mean_iou");
  CHECK(table.columns[15] == "seconds");
  CHECK(table.rows[0][14] == "0.1");  // not rounded to float32
  CHECK(table.rows[0][15].empty());
  CHECK(table.rows[1][8] == "0.20000000298023224");
}

TEST_CASE("metrics.csv: a resumed run keeps the epochs before and writes the same bytes") {
  const ScratchFolder folder;
  const auto log_epoch = [](CsvLogger& logger, std::int64_t epoch) {
    logger.log(six("val", 1.0 / static_cast<double>(epoch + 1)), epoch, 31 * (epoch + 1) - 1);
    logger.log(six("train", 0.2), epoch, 31 * (epoch + 1) - 1);
  };
  CsvLogger whole(folder / "whole.csv", 0);
  for (int epoch = 0; epoch < 4; ++epoch) log_epoch(whole, epoch);

  CsvLogger first(folder / "parts.csv", 0);
  for (int epoch = 0; epoch < 2; ++epoch) log_epoch(first, epoch);
  first.log(six("val", 9), 2, 92);  // stopped before epoch 2 was saved
  CsvLogger second(folder / "parts.csv", 2);
  for (int epoch = 2; epoch < 4; ++epoch) log_epoch(second, epoch);
  CHECK(read_text_file(folder / "parts.csv") == read_text_file(folder / "whole.csv"));
}

TEST_CASE("metrics.csv: values by column, wherever it stands and whatever the line ends") {
  const ScratchFolder folder;
  write_text_file(folder / "m.csv", "step,epoch,b,a\n9,0,,1.5\n9,0,nan,\n19,1,,2e-05\n");
  const auto table = MetricsTable::read(folder / "m.csv");
  const auto a = table.values("a");
  REQUIRE(a.size() == 2);
  CHECK(a[0].value == 1.5);
  CHECK(a[1].epoch == 1);
  CHECK(a[1].value == 2e-5);
  CHECK(table.values("b").size() == 1);
  CHECK(table.values("none").empty());
  CHECK(MetricsTable::read(folder / "missing.csv").columns.empty());
}

TEST_CASE("metrics.csv: the line that a killed run was writing is left out") {
  const ScratchFolder folder;
  write_text_file(folder / "m.csv", "epoch,step,train/Loss\n0,0,0.5\n0,1,0.25\n0,2,0.1");
  CHECK(MetricsTable::read(folder / "m.csv").rows.size() == 2);
  write_text_file(folder / "m.csv", "epoch,st");
  CHECK(MetricsTable::read(folder / "m.csv").columns.empty());
}

TEST_CASE("metrics.csv: quoting, and a metric of nothing is an empty cell") {
  const ScratchFolder folder;
  CsvLogger logger(folder / "m.csv", 0);
  logger.log({{"IoU of \"land, wet\"", 0.5}, {"val/Loss", NAN}}, 0, 3);
  CHECK(read_text_file(folder / "m.csv") ==
        "val/Loss,epoch,step,\"IoU of \"\"land, wet\"\"\"\r\n,0,3,0.5\r\n");
  const auto table = MetricsTable::read(folder / "m.csv");
  CHECK(table.values("IoU of \"land, wet\"")[0].value == 0.5);
  CHECK(table.values("val/Loss").empty());
}

TEST_CASE("metrics.csv: damage is named with its line") {
  const ScratchFolder folder;
  write_text_file(folder / "m.csv", "a,epoch\r\n1,0\r\n1,2,3\r\n");
  const auto message = message_of<Error>([&] { MetricsTable::read(folder / "m.csv"); });
  CHECK(contains(message, "m.csv:3: 3 cells, but the header has 2"));
  write_text_file(folder / "m.csv", "a,epoch\r\nx,0\r\n");
  const auto table = MetricsTable::read(folder / "m.csv");
  CHECK(contains(message_of<Error>([&] { table.values("a"); }), "column a holds 'x'"));
}

}  // namespace fpanet
