#pragma once

#include <string>
#include <string_view>

namespace fpanet::test {

/// Why a page is not well-formed XML (tags that do not match, bare < or &, attributes without
/// quotes); "" if it is. Knows what reports are made of: elements, text and a doctype.
std::string xml_problem(std::string_view page);

}  // namespace fpanet::test
