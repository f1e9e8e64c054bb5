#include "tests/apps/xml_check.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace fpanet::test {
namespace {

constexpr std::string_view kDoctype = "<!DOCTYPE html>";

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == ':';
}

bool entities_are_known(std::string_view text) {
  constexpr std::array<std::string_view, 5> kKnown = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
  for (std::size_t at = text.find('&'); at != text.npos; at = text.find('&', at + 1)) {
    const auto is_here = [&](std::string_view entity) {
      return text.substr(at).starts_with(entity);
    };
    if (std::none_of(kKnown.begin(), kKnown.end(), is_here)) return false;
  }
  return true;
}

void skip_space(std::string_view& text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
    text.remove_prefix(1);
  }
}

std::string take_name(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_name_character);
  std::string name(text.begin(), end);
  text.remove_prefix(name.size());
  return name;
}

/// Takes ="value" off the front; false if it is not there.
bool take_value(std::string_view& text) {
  if (!text.starts_with("=\"")) return false;
  const std::size_t end = text.find('"', 2);
  if (end == text.npos) return false;
  const std::string_view value = text.substr(2, end - 2);
  text.remove_prefix(end + 1);
  return value.find('<') == value.npos && entities_are_known(value);
}

struct Tag {
  std::string name;
  bool closing = false;
  bool empty = false;
  bool well_formed = false;
};

/// What stands between < and >.
Tag parse_tag(std::string_view text) {
  Tag tag;
  if (text.starts_with('/')) {
    tag.closing = true;
    text.remove_prefix(1);
  }
  tag.name = take_name(text);
  for (skip_space(text); !text.empty() && text.front() != '/'; skip_space(text)) {
    if (tag.closing || take_name(text).empty() || !take_value(text)) return tag;
  }
  if (text == "/") {
    tag.empty = true;
    text.remove_prefix(1);
  }
  tag.well_formed = text.empty() && !tag.name.empty() && !(tag.closing && tag.empty);
  return tag;
}

}  // namespace

std::string xml_problem(std::string_view page) {
  if (page.starts_with(kDoctype)) page.remove_prefix(kDoctype.size());
  std::vector<std::string> open;
  while (!page.empty()) {
    const std::size_t begin = page.find('<');
    const std::string_view text = page.substr(0, begin);
    if (!entities_are_known(text)) return "bare & in: " + std::string(text);
    if (begin == page.npos) break;
    const std::size_t end = page.find('>', begin);
    if (end == page.npos) return "a tag without end";
    const std::string_view inside = page.substr(begin + 1, end - begin - 1);
    const Tag tag = parse_tag(inside);
    if (!tag.well_formed) return "malformed: <" + std::string(inside.substr(0, 200)) + ">";
    if (tag.closing) {
      if (open.empty() || open.back() != tag.name) return "unexpected </" + tag.name + ">";
      open.pop_back();
    } else if (!tag.empty) {
      open.push_back(tag.name);
    }
    page.remove_prefix(end + 1);
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

}  // namespace fpanet::test
