#pragma once
// The classes of a data set and their mask colours, in index order.

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

using Rgb = std::array<std::uint8_t, 3>;

struct ClassInfo {
  std::string name;
  Rgb color{};
  bool operator==(const ClassInfo&) const = default;
};

class ClassTable {
 public:
  ClassTable() = default;
  /// Takes 1 to 255 classes. Throws Error if two names or colours are equal, or a name is not UTF-8.
  explicit ClassTable(std::vector<ClassInfo> classes);

  /// Reads the columns name,r,g,b of a CSV file (csv.hpp). Throws an Error that names file and
  /// line.
  static ClassTable read(const std::filesystem::path& path);
  /// DeepGlobe's seven land-cover classes, `unknown` last.
  static ClassTable deepglobe();
  void write(const std::filesystem::path& path) const;

  Index size() const { return static_cast<Index>(classes_.size()); }
  const std::string& name(Index label) const { return at(label).name; }
  const Rgb& color(Index label) const { return at(label).color; }
  std::optional<Index> find(std::string_view name) const;  ///< label of the class with this name
  std::optional<Index> find(const Rgb& color) const;       ///< label of exactly this colour
  Index nearest(const Rgb& color) const;  ///< smallest squared distance; the lower label on a tie
  const std::vector<ClassInfo>& classes() const { return classes_; }
  bool operator==(const ClassTable&) const = default;

 private:
  const ClassInfo& at(Index label) const { return classes_[static_cast<std::size_t>(label)]; }

  std::vector<ClassInfo> classes_;
};

}  // namespace fpanet
