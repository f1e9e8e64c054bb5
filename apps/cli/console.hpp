#pragma once

#include <fmt/core.h>

#include <cstdio>
#include <string_view>
#include <utility>

namespace fpanet {

/// Messages to the user. They go to stderr, because stdout is for results. A terminal has one
/// status line at the bottom, which is redrawn; other outputs get only plain lines. Messages that
/// cannot be written are dropped, and control characters in them, which come from names in files,
/// become '?'.
class Console {
 public:
  /// Without a stream, nothing is printed.
  explicit Console(bool quiet, std::FILE* stream = stderr);
  Console(bool quiet, std::FILE* stream, bool is_terminal, int width);
  ~Console() { clear_status(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// Prints a line about the progress of the work, unless quiet.
  template <class... Args>
  void info(fmt::format_string<Args...> message, Args&&... args) {
    if (!quiet_) line(fmt::format(message, std::forward<Args>(args)...));
  }
  /// Prints a line that begins with "warning: ", even if quiet.
  template <class... Args>
  void warning(fmt::format_string<Args...> message, Args&&... args) {
    line("warning: " + fmt::format(message, std::forward<Args>(args)...));
  }

  /// Redraws the status line, truncated to the width of the terminal. Does nothing if the output is
  /// not a terminal, or if quiet.
  void status(std::string_view text);
  void clear_status();

  bool quiet() const { return quiet_; }
  bool is_terminal() const { return is_terminal_; }

 private:
  void line(std::string_view text);

  bool quiet_;
  std::FILE* stream_;
  bool is_terminal_;
  int width_;
  bool has_status_ = false;
};

}  // namespace fpanet
