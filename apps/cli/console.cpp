#include "apps/cli/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "engine/core/log.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {
namespace {

constexpr int kDefaultWidth = 80;
constexpr const char* kEraseLine = "\r\033[K";

int width_of(std::FILE* stream) {
  winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultWidth;
  return size.ws_col;
}

}  // namespace

Console::Console(bool quiet, std::FILE* stream)
    : Console(quiet, stream, stream != nullptr && ::isatty(::fileno(stream)) == 1,
              stream != nullptr ? width_of(stream) : kDefaultWidth) {}

Console::Console(bool quiet, std::FILE* stream, bool is_terminal, int width)
    : quiet_(quiet), stream_(stream), is_terminal_(is_terminal), width_(width) {}

void Console::status(std::string_view text) {
  if (!is_terminal_ || quiet_) return;
  // Leave the last column free, because some terminals wrap as soon as it is written.
  const auto room = static_cast<std::size_t>(std::max(width_ - 1, 0));
  write_log(kEraseLine + printable_lines(text.substr(0, room)), stream_);
  has_status_ = true;
}

void Console::clear_status() {
  if (!has_status_) return;
  write_log(kEraseLine, stream_);
  has_status_ = false;
}

void Console::line(std::string_view text) {
  if (stream_ == nullptr) return;
  clear_status();
  write_log(printable_lines(text) + "\n", stream_);
}

}  // namespace fpanet
