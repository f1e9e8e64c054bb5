#pragma once

#include <string>
#include <string_view>

namespace fpanet {

/// The text with &, <, >, " and ' replaced by HTML entities.
std::string html_escaped(std::string_view text);

}  // namespace fpanet
