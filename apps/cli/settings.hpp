#pragma once
// What a program can be told, described once: a Setting is a flag on the command line and, of the
// same name, a key of a configuration file.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "data/image.hpp"

namespace CLI {
class App;
}

namespace fpanet {

struct Setting {
  /// Which values a configuration file may hold; the text of a flag is judged by `assign` alone.
  enum class Kind { text, integer, real, toggle, text_or_integer };

  std::string name;         ///< "batch-size": flag --batch-size, key batch-size
  std::string placeholder;  ///< stands for the value in --help: "N"
  std::string accepted;     ///< "an integer from 1 to 4096"
  std::string help;
  Kind kind = Kind::text;
  std::function<bool(const std::string&)> assign;  ///< sets the variable; false: does not fit
  std::function<std::string()> str;                ///< its present value, as `assign` takes it
  bool bare = false;                               ///< the flag stands alone and means on
  bool saved = true;                               ///< settings_toml writes it
  bool required = false;                           ///< has no default: may not stay empty
};

/// A list of settings bound to the caller's variables, which must outlive it.
class Settings {
 public:
  Settings() = default;
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;

  // Each adds one setting whose default is the variable's value now.
  Setting& text(std::string name, std::string placeholder, std::string* value, std::string accepted,
                std::string help);
  void choice(std::string name, std::string* value, std::vector<std::string> choices,
              std::string help);
  void integer(std::string name, std::int64_t* value, std::int64_t smallest, std::int64_t largest,
               std::string help);
  void real(std::string name, double* value, double smallest, std::string help);
  void toggle(std::string name, bool* value, std::string help);
  void image_size(std::string name, ImageSize* value, std::string help);
  Setting& flag(std::string name, bool* value, std::string help);  ///< a bare flag, else off
  Setting& add(Setting setting);

  /// Adds a flag for each. Parsing the command line sets the variables and marks them as given;
  /// a value that does not fit throws UsageError.
  void add_flags(CLI::App& app);

  /// Throws UsageError naming the first required setting that is still empty.
  void check_required() const;
  /// Sets one from text. `where` begins the message of the UsageError thrown if it does not fit.
  void assign(const Setting& setting, const std::string& text, std::string_view where);
  /// Sets anew what the command line gave, so that it wins over a file read later.
  void reassign_given();
  bool given(std::string_view name) const;

  const Setting* find(std::string_view name) const;
  const std::vector<Setting>& all() const { return settings_; }

 private:
  struct Given {
    std::string name;
    std::string text;
  };
  std::vector<Setting> settings_;
  std::vector<Given> given_;
};

}  // namespace fpanet
