#pragma once

#include <fmt/core.h>

#include <cstdio>
#include <string_view>
#include <utility>

namespace fpanet {

/// Where a program tells people what it does: stderr, as stdout is for results. A terminal has one
/// status line at the bottom that is redrawn; elsewhere there are plain lines only.
class Console {
 public:
  explicit Console(bool quiet, std::FILE* stream = stderr);
  Console(bool quiet, std::FILE* stream, bool is_terminal, int width);
  ~Console() { clear_status(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// Progress of the work; nothing when quiet.
  template <class... Args>
  void info(fmt::format_string<Args...> message, Args&&... args) {
    if (!quiet_) line(fmt::format(message, std::forward<Args>(args)...));
  }
  /// Something the user should know; quiet or not. Begins with "warning: ".
  template <class... Args>
  void warning(fmt::format_string<Args...> message, Args&&... args) {
    line("warning: " + fmt::format(message, std::forward<Args>(args)...));
  }

  /// Redraws the status line, cut to the terminal's width. Nothing unless on a terminal.
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
