#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace fpanet {

/// The number in `text`; nullopt if the whole text is not a number or T cannot hold it.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace fpanet
