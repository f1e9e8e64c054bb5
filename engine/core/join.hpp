#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace fpanet {

/// The items of a range with a separator between them: join(names, ", ") is "a, b, c". This is
/// fmt::join without its header, which adds seconds to the compilation of every file that includes
/// it.
template <class Range>
std::string join(const Range& items, std::string_view separator) {
  std::string text;
  bool first = true;
  for (const auto& item : items) {
    if (!first) text += separator;
    first = false;
    text += fmt::format("{}", item);
  }
  return text;
}

}  // namespace fpanet
