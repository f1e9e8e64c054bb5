#pragma once
// The settings of a program. Each is described once, by a Setting, and is both a flag on the
// command line and a key of the same name in a configuration file.

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/image.hpp"

namespace CLI {
class App;
}

namespace fpanet {

struct Setting {
  /// The type of the value in a configuration file. The text of a flag is only checked by `assign`.
  enum class Kind { text, integer, real, toggle, text_or_integer, text_or_real };

  std::string name;         ///< "batch-size": flag --batch-size, key batch-size
  std::string placeholder;  ///< the name of the value in --help: "N"
  std::string accepted;     ///< the accepted values: "an integer from 1 to 4096"
  std::string help;
  Kind kind = Kind::text;
  std::function<bool(const std::string&)> assign;  ///< sets the variable; false: value not accepted
  std::function<std::string()> str;                ///< the current value in the form of `assign`
  bool bare = false;                               ///< the flag takes no value and means on
  bool saved = true;                               ///< settings_toml writes it
  bool required = false;                           ///< has no default and must be given
};

/// The size that the text names (ImageSize::parse), or nullopt.
std::optional<ImageSize> parse_image_size(const std::string& text);

/// A list of settings bound to the caller's variables, which must outlive it.
class Settings {
 public:
  Settings() = default;
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;

  // Each function adds one setting whose default is the current value of the variable.
  Setting& text(std::string name, std::string placeholder, std::string* value, std::string accepted,
                std::string help);
  void choice(std::string name, std::string* value, std::vector<std::string> choices,
              std::string help);
  void integer(std::string name, std::int64_t* value, std::int64_t smallest, std::int64_t largest,
               std::string help);
  void real(std::string name, double* value, double smallest, std::string help);
  void toggle(std::string name, bool* value, std::string help);
  void image_size(std::string name, ImageSize* value, std::string help);
  Setting& flag(std::string name, bool* value, std::string help);  ///< a flag without a value
  Setting& add(Setting setting);

  /// Adds a flag for each setting. Parsing the command line then sets the variables and marks them
  /// as given; a value that is not accepted throws UsageError.
  void add_flags(CLI::App& app);

  /// Throws a UsageError that names the first required setting that is still empty.
  void check_required() const;
  /// Sets one setting from text. Throws UsageError if the text is not accepted; `where` is the
  /// start of its message.
  void assign(const Setting& setting, const std::string& text, std::string_view where);
  /// Sets the values from the command line again, so that they take precedence over a file that was
  /// read after it.
  void reassign_given();
  bool given(std::string_view name) const;
  /// Whether the command line or a file set it.
  bool told(std::string_view name) const;

  const Setting* find(std::string_view name) const;
  const std::vector<Setting>& all() const { return settings_; }

 private:
  struct Given {
    std::string name;
    std::string text;
  };
  std::vector<Setting> settings_;
  std::vector<Given> given_;
  std::set<std::string, std::less<>> told_;
};

}  // namespace fpanet
