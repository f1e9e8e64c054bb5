#pragma once
// Text from a file, made safe for a one-line message.

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace fpanet {

/// Formats `text` with '?' in place of control characters and malformed UTF-8, and truncates it
/// with "..." after 200 bytes. Does no work until it is formatted.
struct Printable {
  std::string_view text;
  std::string str() const;
};
inline Printable printable(std::string_view text) {
  return {text};
}

/// The whole `text` with '?' in place of malformed UTF-8 and of control characters other than '\n'
/// and '\t', which could be commands to a terminal.
std::string printable_lines(std::string_view text);

/// True if `text` is well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

}  // namespace fpanet

template <>
struct fmt::formatter<fpanet::Printable> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  fmt::appender format(const fpanet::Printable& printable, fmt::format_context& context) const;
};
