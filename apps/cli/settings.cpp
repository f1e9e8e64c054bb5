#include "apps/cli/settings.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <utility>

#include "apps/cli/python_repr.hpp"
#include "apps/cli/usage_error.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/core/parse_number.hpp"

namespace fpanet {
namespace {

/// The description of a setting in --help. An empty default is not shown.
std::string described(const Setting& setting) {
  if (setting.required) return setting.help + " [required]";
  const std::string value = setting.str();
  return value.empty() ? setting.help : fmt::format("{} [default: {}]", setting.help, value);
}

}  // namespace

Setting& Settings::add(Setting setting) {
  return settings_.emplace_back(std::move(setting));
}

Setting& Settings::text(std::string name, std::string placeholder, std::string* value,
                        std::string accepted, std::string help) {
  return add({.name = std::move(name),
              .placeholder = std::move(placeholder),
              .accepted = std::move(accepted),
              .help = std::move(help),
              .kind = Setting::Kind::text,
              .assign =
                  [value](const std::string& given) {
                    *value = given;
                    return !given.empty();
                  },
              .str = [value] { return *value; }});
}

void Settings::choice(std::string name, std::string* value, std::vector<std::string> choices,
                      std::string help) {
  add({.name = std::move(name),
       .placeholder = join(choices, "|"),
       .accepted = join(choices, ", "),
       .help = std::move(help),
       .kind = Setting::Kind::text,
       .assign =
           [value, choices](const std::string& given) {
             *value = given;
             return std::find(choices.begin(), choices.end(), given) != choices.end();
           },
       .str = [value] { return *value; }});
}

void Settings::integer(std::string name, std::int64_t* value, std::int64_t smallest,
                       std::int64_t largest, std::string help) {
  add({.name = std::move(name),
       .placeholder = "N",
       .accepted = fmt::format("an integer from {} to {}", smallest, largest),
       .help = std::move(help),
       .kind = Setting::Kind::integer,
       .assign =
           [value, smallest, largest](const std::string& given) {
             const auto number = parse_number<std::int64_t>(given);
             if (number) *value = *number;
             return number && *number >= smallest && *number <= largest;
           },
       .str = [value] { return fmt::format("{}", *value); }});
}

void Settings::real(std::string name, double* value, double smallest, std::string help) {
  add({.name = std::move(name),
       .placeholder = "X",
       .accepted = fmt::format("a number of at least {}", smallest),
       .help = std::move(help),
       .kind = Setting::Kind::real,
       .assign =
           [value, smallest](const std::string& given) {
             const auto number = parse_number<double>(given);
             if (number) *value = *number;
             return number && std::isfinite(*number) && *number >= smallest;
           },
       .str = [value] { return python_repr(*value); }});
}

void Settings::toggle(std::string name, bool* value, std::string help) {
  add({.name = std::move(name),
       .placeholder = "on|off",
       .accepted = "on, off",
       .help = std::move(help),
       .kind = Setting::Kind::toggle,
       .assign =
           [value](const std::string& given) {
             *value = given == "on";
             return given == "on" || given == "off";
           },
       .str = [value] { return std::string(*value ? "on" : "off"); }});
}

std::optional<ImageSize> parse_image_size(const std::string& text) {
  try {
    return ImageSize::parse(text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

void Settings::image_size(std::string name, ImageSize* value, std::string help) {
  add({.name = std::move(name),
       .placeholder = "N|HxW|native",
       .accepted = "a side like 320, HxW like 320x480 (at most 2^28 pixels), or native",
       .help = std::move(help),
       .kind = Setting::Kind::text_or_integer,
       .assign =
           [value](const std::string& given) {
             const auto size = parse_image_size(given);
             if (size) *value = *size;
             return size.has_value();
           },
       .str =
           [value] {
             const bool square = !value->native() && value->height == value->width;
             return square ? std::to_string(value->height) : value->str();
           }});
}

Setting& Settings::flag(std::string name, bool* value, std::string help) {
  toggle(std::move(name), value, std::move(help));
  settings_.back().bare = true;
  return settings_.back();
}

void Settings::add_flags(CLI::App& app) {
  for (const Setting& setting : settings_) {
    const std::string help = described(setting);
    if (setting.bare) {
      const auto receive = [this, name = setting.name] {
        find(name)->assign("on");
        told_.insert(name);
        given_.push_back({name, "on"});
      };
      app.add_flag_callback("--" + setting.name, receive, help);
      continue;
    }
    const auto receive = [this, name = setting.name](const std::string& text) {
      assign(*find(name), text, fmt::format("--{} {}", name, text));
      given_.push_back({name, text});
    };
    app.add_option_function<std::string>("--" + setting.name, receive, help)
        ->type_name(setting.accepted)
        ->option_text(setting.placeholder);
  }
}

void Settings::check_required() const {
  for (const Setting& setting : settings_) {
    if (setting.required && setting.str().empty()) {
      usage_fail("--{} is missing: expected {}", setting.name, setting.accepted);
    }
  }
}

void Settings::assign(const Setting& setting, const std::string& text, std::string_view where) {
  if (!setting.assign(text)) usage_fail("{}: expected {}", where, setting.accepted);
  told_.insert(setting.name);
}

void Settings::reassign_given() {
  for (const Given& flag : given_) find(flag.name)->assign(flag.text);
}

bool Settings::given(std::string_view name) const {
  return std::any_of(given_.begin(), given_.end(),
                     [&](const Given& flag) { return flag.name == name; });
}

bool Settings::told(std::string_view name) const {
  return told_.contains(name);
}

const Setting* Settings::find(std::string_view name) const {
  const auto found = std::find_if(settings_.begin(), settings_.end(),
                                  [&](const Setting& setting) { return setting.name == name; });
  return found == settings_.end() ? nullptr : &*found;
}

}  // namespace fpanet
