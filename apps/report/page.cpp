#include "apps/report/page.hpp"

#include <fmt/core.h>

#include "apps/report/html.hpp"
#include "apps/report/report_style.hpp"

namespace fpanet {

namespace {

/// What pages other than the report have.
constexpr const char* kPageStyle = R"css(
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr));
  gap: 12px; }
.gallery figure { margin: 0; padding: 12px; overflow-wrap: anywhere; }
.gallery img { display: block; width: 100%; border-radius: 6px; image-rendering: pixelated; }
svg text { fill: var(--ink); font-size: 11px; } svg .soft { fill: var(--soft); }
svg .box { fill: var(--page); stroke: var(--line); }
svg .forward { fill: var(--train); } svg .backward { fill: var(--val); }
svg .update { fill: var(--soft); } svg .input { fill: var(--line); }
svg path.flow { stroke: var(--soft); stroke-opacity: 0.45; stroke-width: 1; }
svg path.saved { stroke: var(--val); stroke-opacity: 0.8; stroke-width: 1; }
svg.wide { width: auto; max-width: none; }
pre { overflow-x: auto; padding: 12px; font-size: 12px; }
)css";

}  // namespace

std::string html_page(const std::string& title, const std::string& body) {
  const std::string text = html_escaped(title);
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
      "<title>{}</title><style>{}{}</style></head>\n<body><main><h1>{}</h1>\n{}</main></body></"
      "html>"
      "\n",
      text, kReportStyle, kPageStyle, text, body);
}

std::string page_section(const std::string& heading, const std::string& body) {
  return fmt::format("<section><h2>{}</h2>{}</section>\n", html_escaped(heading), body);
}

}  // namespace fpanet
