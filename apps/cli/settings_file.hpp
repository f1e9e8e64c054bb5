#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/cli/settings.hpp"

namespace fpanet {

/// Sets what a TOML file holds: flat, keys named as the flags. What the command line gave stays.
/// An unreadable or malformed file, an unknown key, a value of the wrong type or one that does not
/// fit throws UsageError naming file, line, key, value and what is accepted.
void read_settings_file(const std::filesystem::path& file, Settings& settings);

/// The settings, one "name = value" line each, as read_settings_file takes them.
std::string settings_toml(const Settings& settings);

}  // namespace fpanet
