#pragma once
// A position in a pickle, for messages: "m.pth: data.pkl: byte 17". Formatted only when needed.

#include <fmt/core.h>

#include <cstddef>
#include <string>

namespace fpanet::pickle {

struct Where {
  const std::string& name;
  std::size_t byte;
};

}  // namespace fpanet::pickle

template <>
struct fmt::formatter<fpanet::pickle::Where> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  fmt::appender format(const fpanet::pickle::Where& where, fmt::format_context& context) const;
};
