#pragma once

#include <string>

namespace fpanet {

/// A self-contained page in the style of the report, for light and dark themes and narrow screens.
/// `title` is text, `body` is HTML.
std::string html_page(const std::string& title, const std::string& body);

/// A heading, which is text, and HTML below it.
std::string page_section(const std::string& heading, const std::string& body);

}  // namespace fpanet
