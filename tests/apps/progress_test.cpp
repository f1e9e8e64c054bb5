#include "apps/cli/progress.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <string>

#include "tests/support/message_of.hpp"

namespace fpanet {
namespace {

using test::contains;

/// A stream that keeps what is written to it.
class Recorder {
 public:
  Recorder() : stream_(std::tmpfile()) { REQUIRE(stream_ != nullptr); }
  ~Recorder() { std::fclose(stream_); }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  std::FILE* stream() { return stream_; }
  std::string text() {
    std::rewind(stream_);
    std::array<char, 4096> buffer{};
    return {buffer.data(), std::fread(buffer.data(), 1, buffer.size(), stream_)};
  }

 private:
  std::FILE* stream_;
};

constexpr const char* kErase = "\r\033[K";

}  // namespace

TEST_CASE("durations") {
  CHECK(duration_str(0) == "0:00");
  CHECK(duration_str(59.4) == "0:59");
  CHECK(duration_str(59.6) == "1:00");
  CHECK(duration_str(3661) == "1:01:01");
}

TEST_CASE("off a terminal progress is a plain line every ten seconds") {
  Recorder recorder;
  Console console(false, recorder.stream(), false, 80);
  double now = 100;
  Progress progress(console, "epoch 1/2 train", 30, [&] { return now; });
  for (int i = 0; i < 15; ++i) {
    now += 1;
    progress.step(16, 0.5);
  }
  CHECK(recorder.text() == "epoch 1/2 train 10/30  16.0 images/s  loss 0.5000  ETA 0:20\n");
  CHECK(progress.images_per_second() == 16.0);
}

TEST_CASE("on a terminal progress is one line that is redrawn, within the width, then erased") {
  Recorder recorder;
  {
    Console console(false, recorder.stream(), true, 40);
    double now = 0;
    Progress progress(console, "train", 4, [&] { return now; });
    for (int i = 0; i < 4; ++i) {
      now += 0.06;  // every second step is too early to be drawn
      progress.step(1);
    }
    console.info("a line");
  }
  const std::string text = recorder.text();
  const std::string half = "train [##########          ] 2/4  16.7 images/s  ETA 0:00";
  const std::string full = "train [####################] 4/4  16.7 images/s  ETA 0:00";
  CHECK(text == kErase + half.substr(0, 39) + kErase + full.substr(0, 39) + kErase + "a line\n");
}

TEST_CASE("quiet leaves warnings alone") {
  Recorder recorder;
  Console console(true, recorder.stream(), true, 80);
  console.status("status");
  console.info("info");
  console.warning("{} pixels", 3);
  CHECK(recorder.text() == "warning: 3 pixels\n");
}

}  // namespace fpanet
