#include "apps/report/event_log.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <vector>

#include "apps/report/confusion_figure.hpp"
#include "apps/report/crc32c.hpp"
#include "data/codec.hpp"
#include "tests/support/event_file.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {
namespace {

using test::contains;
using test::number_at;
using test::parsed;
using test::ProtobufFields;
using test::records_of;
using test::summary_value;

}  // namespace

TEST_CASE("CRC-32C of known texts") {
  CHECK(crc32c("123456789") == 0xe3069283U);            // the check value of the catalogue of CRCs
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aaU);  // RFC 3720, B.4
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43U);
  CHECK(crc32c("") == 0);
}

TEST_CASE("an event file begins with its version and a start of the session, then come values") {
  const ScratchFolder folder;
  EventLog log(folder / "tensorboard", 0);
  log.scalar("val/Loss", 7, 0.625);
  log.scalar("val/IoU/\xff", 300, -2);
  log.scalar("val/IoU/absent", 8, std::nan(""));
  const std::string name = log.file().filename().string();
  CHECK(name.starts_with("events.out.tfevents."));
  const auto records = records_of(log.file());
  REQUIRE(records.size() == 4);
  CHECK(parsed(records[0]).bytes.at(3) == "brain.Event:2");
  CHECK(number_at<double>(parsed(records[0]).bytes.at(1), 0) > 1.7e9);  // seconds since 1970
  CHECK(parsed(parsed(records[1]).bytes.at(7)).varints.at(1) == 1);     // SessionLog.START
  CHECK(parsed(records[1]).varints.at(2) == 0);
  CHECK(parsed(records[2]).varints.at(2) == 7);
  CHECK(summary_value(records[2]).bytes.at(1) == "val/Loss");
  CHECK(number_at<float>(summary_value(records[2]).bytes.at(2), 0) == 0.625F);
  CHECK(parsed(records[3]).varints.at(2) == 300);
  CHECK(summary_value(records[3]).bytes.at(1) == "val/IoU/?");
  CHECK(number_at<float>(summary_value(records[3]).bytes.at(2), 0) == -2.0F);
}

TEST_CASE("a picture is in the event file as a PNG") {
  const ScratchFolder folder;
  Image image(3, 5, 3);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(i * 5);
  }
  EventLog log(folder.path(), 12);
  log.image("samples/a", 11, image);
  const auto records = records_of(log.file());
  REQUIRE(records.size() == 3);
  CHECK(parsed(records[1]).varints.at(2) == 12);
  const ProtobufFields value = summary_value(records[2]);
  CHECK(value.bytes.at(1) == "samples/a");
  const ProtobufFields picture = parsed(value.bytes.at(4));
  CHECK(picture.varints.at(1) == 3);
  CHECK(picture.varints.at(2) == 5);
  CHECK(picture.varints.at(3) == 3);
  const std::string& png = picture.bytes.at(4);
  const codec::Bytes bytes(reinterpret_cast<const std::uint8_t*>(png.data()), png.size());
  CHECK(codec::decode_png(bytes, codec::Purpose::picture) == image);
}

TEST_CASE("event files of one folder sort in the order in which they begin") {
  const ScratchFolder folder;
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) names.push_back(EventLog(folder.path(), i).file().filename());
  CHECK(std::set(names.begin(), names.end()).size() == 3);
  CHECK(std::ranges::is_sorted(names));
  CHECK(contains(test::message_of<Error>([&] { EventLog(folder / names[0], 0); }), names[0]));
}

TEST_CASE("the confusion matrix as a picture: dark cells where the shares are") {
  const ClassTable classes({{"land", {1, 2, 3}}, {"\xc3\xa9tang", {4, 5, 6}}, {"none", {7, 8, 9}}});
  ConfusionMatrix confusion(3);
  // Rows of the targets, a column for each prediction and one for what is no class.
  std::vector<std::int64_t> counts(16);
  counts[0] = 4;
  counts[4] = 1;
  counts[5] = 3;
  confusion.add(counts);
  const Image image = confusion_figure(classes, confusion);
  REQUIRE(image.channels == 3);
  constexpr Index kCell = 44, kEdge = 10;  // of a cell, below the matrix
  const auto top = [&](Index row) { return image.height - kEdge - (3 - row) * kCell; };
  // The first row's first cell holds the whole row: where it begins, the matrix begins.
  Index left = 0;
  while (left < image.width && image.at(top(0), left)[0] != 120) ++left;
  REQUIRE(left + 3 * kCell <= image.width);
  const auto red = [&](Index row, Index column) {
    return int{image.at(top(row), left + column * kCell)[0]};
  };
  CHECK(red(0, 0) == 120);
  CHECK(red(0, 1) == 255);
  CHECK(red(1, 0) == 221);  // 255 - 135 / 4
  CHECK(red(1, 1) == 154);
  for (Index column = 0; column < 3; ++column) CHECK(red(2, column) == 255);
}

}  // namespace fpanet
