#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace fpanet {

/// The number that all of `text` spells; nothing if it spells none, or one that T cannot hold.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace fpanet
