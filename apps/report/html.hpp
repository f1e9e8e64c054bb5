#pragma once

#include <string>
#include <string_view>

namespace fpanet {

/// The text as HTML shows it: &, <, >, " and ' as entities.
std::string html_escaped(std::string_view text);

}  // namespace fpanet
