#include "engine/weights/printable.hpp"

#include <algorithm>
#include <cstdint>

namespace fpanet {

namespace {

/// Length in bytes of the UTF-8 character at the start of `text`; 0 if it is not well-formed.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  std::uint32_t code = 0, smallest = 0;
  if (lead >= 0xc0 && lead < 0xe0) {
    length = 2, code = lead & 0x1fu, smallest = 0x80;
  } else if (lead >= 0xe0 && lead < 0xf0) {
    length = 3, code = lead & 0x0fu, smallest = 0x800;
  } else if (lead >= 0xf0 && lead < 0xf8) {
    length = 4, code = lead & 0x07u, smallest = 0x10000;
  }
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = (code << 6) | (byte(i) & 0x3fu);
  }
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  return code >= smallest && code <= 0x10ffff && !surrogate ? length : 0;
}

/// Whether a well-formed character is a control character: U+0000 to U+001F, U+007F to U+009F.
bool is_control(std::string_view character) {
  if (character.size() == 1) return character[0] < ' ' || character[0] == '\x7f';
  return character.size() == 2 && character[0] == '\xc2' &&
         static_cast<std::uint8_t>(character[1]) < 0xa0;
}

/// Appends characters of `text` until `result` has `most` bytes. Those that `keep` rejects become
/// '?', as does malformed UTF-8. Returns the rest of `text`.
template <class Keep>
std::string_view append_printable(std::string& result, std::string_view text, std::size_t most,
                                  Keep&& keep) {
  while (!text.empty() && result.size() < most) {
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    result += length > 0 && keep(character) ? character : "?";
    text.remove_prefix(character.size());
  }
  return text;
}

}  // namespace

std::string Printable::str() const {
  constexpr std::size_t kMaxBytes = 200;
  std::string result;
  const std::string_view rest = append_printable(
      result, text, kMaxBytes, [](std::string_view character) { return !is_control(character); });
  return rest.empty() ? result : result + "...";
}

std::string printable_lines(std::string_view text) {
  std::string result;
  append_printable(result, text, std::string::npos, [](std::string_view character) {
    return character == "\n" || character == "\t" || !is_control(character);
  });
  return result;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace fpanet

fmt::appender fmt::formatter<fpanet::Printable>::format(const fpanet::Printable& printable,
                                                        fmt::format_context& context) const {
  return std::ranges::copy(printable.str(), context.out()).out;
}
