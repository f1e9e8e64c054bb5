#include "apps/report/event_log.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>
#include <system_error>

#include "data/codec.hpp"
#include "engine/core/error.hpp"
#include "engine/core/parse_number.hpp"
#include "engine/core/protobuf_writer.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {
namespace {

namespace fs = std::filesystem;

// Fields of Event, SessionLog, Summary, Summary.Value and Summary.Image.
constexpr int kWallTimeField = 1, kStepField = 2, kFileVersionField = 3, kSummaryField = 5,
              kSessionLogField = 7;
constexpr int kStatusField = 1;
constexpr int kSummaryValueField = 1;
constexpr int kTagField = 1, kSimpleValueField = 2, kImageField = 4;
constexpr int kHeightField = 1, kWidthField = 2, kColorspaceField = 3, kEncodedImageField = 4;
constexpr std::int64_t kSessionStart = 1;  // of SessionLog.SessionStatus

constexpr std::string_view kFirstEvent = "brain.Event:2";
constexpr std::string_view kBeginning = "events.out.tfevents.";

/// Seconds since 1970.
double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// The time in the name of an event file; 0 for other files.
std::int64_t time_in_name(const fs::path& file) {
  const std::string name = file.filename().string();
  if (!name.starts_with(kBeginning)) return 0;
  const std::string_view rest = std::string_view(name).substr(kBeginning.size());
  return parse_number<std::int64_t>(rest.substr(0, rest.find('.'))).value_or(0);
}

/// A name whose time is now, or after that of the newest file if a clock was set back or two files
/// begin in the same second.
fs::path new_file(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  require(!error, "{}: cannot create the folder: {}", folder.string(), error.message());
  auto time = static_cast<std::int64_t>(now());
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    time = std::max(time, time_in_name(entry.path()) + 1);
  }
  return folder / fmt::format("{}{:010}.fpanet", kBeginning, time);
}

/// An Event with the time.
ProtobufWriter event_now() {
  ProtobufWriter message;
  message.real64(kWallTimeField, now());
  return message;
}

std::string summary_event(std::int64_t step, const ProtobufWriter& tagged_value) {
  ProtobufWriter values;
  values.message(kSummaryValueField, tagged_value);
  ProtobufWriter message = event_now();
  message.integer(kStepField, step);
  message.message(kSummaryField, values);
  return message.bytes();
}

}  // namespace

EventLog::EventLog(const fs::path& folder, std::int64_t first_step)
    : path_(new_file(folder)), records_(path_) {
  ProtobufWriter version = event_now();
  version.text(kFileVersionField, kFirstEvent);
  records_.append(version.bytes());
  ProtobufWriter start;
  start.integer(kStatusField, kSessionStart);
  ProtobufWriter message = event_now();
  message.integer(kStepField, first_step);
  message.message(kSessionLogField, start);
  records_.append(message.bytes());
}

void EventLog::scalar(const std::string& tag, std::int64_t step, double number) {
  if (std::isnan(number)) return;
  ProtobufWriter tagged;
  tagged.text(kTagField, printable(tag).str());
  tagged.real(kSimpleValueField, static_cast<float>(number));
  records_.append(summary_event(step, tagged));
}

void EventLog::image(const std::string& tag, std::int64_t step, const Image& image) {
  const std::vector<std::uint8_t> png = codec::encode_png(image);
  ProtobufWriter encoded;
  encoded.integer(kHeightField, image.height);
  encoded.integer(kWidthField, image.width);
  encoded.integer(kColorspaceField, image.channels);
  encoded.text(kEncodedImageField, {reinterpret_cast<const char*>(png.data()), png.size()});
  ProtobufWriter tagged;
  tagged.text(kTagField, printable(tag).str());
  tagged.message(kImageField, encoded);
  records_.append(summary_event(step, tagged));
}

}  // namespace fpanet
