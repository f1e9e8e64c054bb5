#include "apps/cli/settings_file.hpp"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>

#include "apps/cli/parse_number.hpp"
#include "apps/cli/python_repr.hpp"
#include "apps/cli/usage_error.hpp"
#include "engine/core/join.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {
namespace {

using Kind = Setting::Kind;

/// The form of a value of this kind in a file.
std::string_view described(Kind kind) {
  switch (kind) {
    case Kind::text:
      return "a string in quotes";
    case Kind::integer:
      return "an integer without quotes";
    case Kind::real:
      return "a number without quotes";
    case Kind::toggle:
      return "true or false";
    case Kind::text_or_integer:
      return "an integer, or a string in quotes";
    case Kind::text_or_real:
      return "a number, or a string in quotes";
  }
  return {};
}

/// The value in the form of its flag; nullopt if a setting of this kind does not take this type.
std::optional<std::string> flag_text(const toml::node& node, Kind kind) {
  if (const auto* text = node.as_string()) {
    if (kind != Kind::integer && kind != Kind::real && kind != Kind::toggle) return text->get();
  } else if (const auto* integer = node.as_integer()) {
    if (kind != Kind::text && kind != Kind::toggle) return fmt::format("{}", integer->get());
  } else if (const auto* real = node.as_floating_point()) {
    if (kind == Kind::real || kind == Kind::text_or_real) return python_repr(real->get());
  } else if (const auto* boolean = node.as_boolean()) {
    if (kind == Kind::toggle) return boolean->get() ? "on" : "off";
  }
  return std::nullopt;
}

template <class T>
std::string as_toml(const T& value) {
  std::ostringstream out;
  out << toml::value{value};
  return out.str();
}

std::string node_text(const toml::node& node) {
  std::ostringstream out;
  node.visit([&](const auto& value) { out << value; });
  return out.str();
}

/// The number of the first line with a byte outside of ASCII that is in no string and no comment; 0
/// if there is none. TOML allows none there, and toml++ 3.3 meets such bytes with undefined behaviour.
std::int64_t stray_line(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::int64_t line = 1;
  std::string_view end;  // what ends the string or comment; empty outside of both
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (end.empty()) {
      for (const std::string_view quote : {"\"\"\"", "'''", "\"", "'"}) {
        if (!end.empty() || !rest.starts_with(quote)) continue;
        end = quote;
        i += quote.size() - 1;
      }
      if (rest[0] == '#') end = "\n";
      if (static_cast<unsigned char>(rest[0]) >= 0x80) return line;
    } else if (end[0] == '"' && rest[0] == '\\') {
      ++i;  // the escaped character ends nothing
    } else if (rest.starts_with(end)) {
      i += end.size() - 1;
      end = {};
    } else if (rest[0] == '\n' && end.size() == 1) {
      end = {};  // an unfinished string, which the parser refuses
    }
    if (text[i] == '\n') ++line;
  }
  return 0;
}

toml::table parse(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  if (const std::int64_t line = stray_line(text); line > 0) {
    usage_fail("{}:{}: a character that is not ASCII needs quotes", file.string(), line);
  }
  try {
    return toml::parse_file(file.string());
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    if (line == 0) usage_fail("{}: {}", file.string(), error.description());
    usage_fail("{}:{}: {}", file.string(), line, error.description());
  }
}

std::string known_keys(const Settings& settings) {
  std::vector<std::string_view> names;
  for (const Setting& setting : settings.all()) names.emplace_back(setting.name);
  return join(names, ", ");
}

bool is_number(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void read_settings_file(const std::filesystem::path& file, Settings& settings) {
  const toml::table table = parse(file);
  for (const auto& [key, node] : table) {
    const auto place = fmt::format("{}:{}", file.string(), node.source().begin.line);
    const Setting* setting = settings.find(key.str());
    if (setting == nullptr) {
      usage_fail("{}: unknown key '{}'; known keys are {}", place, key.str(), known_keys(settings));
    }
    const auto where = fmt::format("{}: {} = {}", place, setting->name, node_text(node));
    const auto text = flag_text(node, setting->kind);
    if (!text) {
      usage_fail("{}: the value must be {} ({})", where, described(setting->kind),
                 setting->accepted);
    }
    settings.assign(*setting, *text, where);
  }
  settings.reassign_given();
}

std::string settings_toml(const Settings& settings) {
  std::string lines;
  for (const Setting& setting : settings.all()) {
    if (!setting.saved) continue;
    const std::string text = setting.str();
    if (text.empty()) continue;  // not set, and an empty value could not be read back
    if (!is_utf8(text)) {
      usage_fail(
          "--{} {}: is not UTF-8, so a configuration file cannot hold it; rename the file or "
          "folder",
          setting.name, printable(text));
    }
    const bool quoted =
        setting.kind == Kind::text || (setting.kind == Kind::text_or_integer && !is_number(text)) ||
        (setting.kind == Kind::text_or_real && !parse_number<double>(text).has_value());
    const std::string value = setting.kind == Kind::toggle ? as_toml(text == "on")
                              : quoted                     ? as_toml(text)
                                                           : text;
    lines += fmt::format("{} = {}\n", setting.name, value);
  }
  return lines;
}

}  // namespace fpanet
