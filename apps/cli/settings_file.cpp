#include "apps/cli/settings_file.hpp"

#include <fmt/core.h>

// With NDEBUG, toml++ lets the compiler assume what it asserts. Not all of it holds for damaged files: "[#a".
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

#include <algorithm>
#include <optional>
#include <regex>
#include <sstream>
#include <string_view>

#include "apps/cli/python_repr.hpp"
#include "apps/cli/usage_error.hpp"
#include "data/text_file.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/core/parse_number.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {
namespace {

using Kind = Setting::Kind;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

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

// toml++ 3.3 has undefined behaviour where it meets some characters outside of ASCII, such as U+00E9, out of
// a string. So each byte of such a character is parsed as one of the characters U+E080 to U+E0FF, which it
// knows as ordinary, and is put back into what it has read.

std::string hide_non_ascii(std::string_view text) {
  std::string hidden;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      hidden += c;
    } else {
      hidden +=
          {'\xee', static_cast<char>(0x80 | (byte >> 6)), static_cast<char>(0x80 | (byte & 0x3f))};
    }
  }
  return hidden;
}

std::string show_non_ascii(std::string_view hidden) {
  std::string text;
  for (std::size_t i = 0; i < hidden.size(); ++i) {
    const auto at = [&](std::size_t k) {
      return i + k < hidden.size() ? static_cast<unsigned char>(hidden[i + k]) : 0;
    };
    if (at(0) == 0xee && (at(1) == 0x82 || at(1) == 0x83)) {
      text += static_cast<char>(((at(1) & 0x3) << 6) | (at(2) & 0x3f));
      i += 2;
    } else {
      text += hidden[i];
    }
  }
  return text;
}

/// The value in the form of its flag; nullopt if a setting of this kind does not take this type.
std::optional<std::string> flag_text(const toml::node& node, Kind kind) {
  if (const auto* text = node.as_string()) {
    if (kind != Kind::integer && kind != Kind::real && kind != Kind::toggle) {
      return show_non_ascii(text->get());
    }
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

/// In quotes. toml++ 3.3 writes texts with line ends in a form that loses the first of them.
std::string text_as_toml(const std::string& text) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::none_of(text.begin(), text.end(), control)) return as_toml(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (control(c)) {
      quoted += fmt::format("\\u{:04X}", c);
    } else {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string node_text(const toml::node& node) {
  std::ostringstream out;
  node.visit([&](const auto& value) { out << value; });
  return show_non_ascii(out.str());
}

/// UTF-8. Throws a UsageError, as everything does that is wrong with a configuration file.
std::string contents(const std::filesystem::path& file) {
  std::string text;
  try {
    text = read_text_file(file);
  } catch (const Error& error) {
    usage_fail("{}", error.what());
  }
  if (!is_utf8(text)) {
    usage_fail("{}: is not UTF-8 text (perhaps Latin-1); save the file as UTF-8", file.string());
  }
  static const std::regex kHiding(R"(\\(u|U0000)[eE]0[89a-fA-F])");
  if (std::regex_search(text, kHiding)) {
    usage_fail("{}: escapes of U+E080 to U+E0FF are not read; write the characters themselves",
               file.string());
  }
  return text;
}

toml::table parse(const std::filesystem::path& file) {
  const std::string text = contents(file);
  std::string_view document = text;
  if (document.starts_with(kByteOrderMark)) document.remove_prefix(kByteOrderMark.size());
  try {
    return toml::parse(hide_non_ascii(document), file.string());
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    const std::string description = show_non_ascii(error.description());
    if (line == 0) usage_fail("{}: {}", file.string(), description);
    usage_fail("{}:{}: {}", file.string(), line, description);
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
    const std::string name = show_non_ascii(key.str());
    const Setting* setting = settings.find(name);
    if (setting == nullptr) {
      usage_fail("{}: unknown key '{}'; known keys are {}", place, name, known_keys(settings));
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
                              : quoted                     ? text_as_toml(text)
                                                           : text;
    lines += fmt::format("{} = {}\n", setting.name, value);
  }
  return lines;
}

}  // namespace fpanet
