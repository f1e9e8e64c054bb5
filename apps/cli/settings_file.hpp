#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/cli/settings.hpp"

namespace fpanet {

/// Reads settings from a flat TOML file whose keys have the names of the flags. Values from the
/// command line take precedence. Throws UsageError if the file is unreadable or malformed, a key is
/// unknown, or a value has the wrong type or is not accepted. The message names file, line, key,
/// value and the accepted values.
void read_settings_file(const std::filesystem::path& file, Settings& settings);

/// The settings as a file for read_settings_file, with one "name = value" line each. Throws a
/// UsageError that names the setting if its text is not UTF-8, because TOML cannot hold it: what is
/// read back would name another file.
std::string settings_toml(const Settings& settings);

}  // namespace fpanet
