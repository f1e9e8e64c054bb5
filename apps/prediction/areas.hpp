#pragma once
// How much ground each class covers: areas.csv.

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "data/class_table.hpp"

namespace fpanet {

class Areas {
 public:
  explicit Areas(Index classes)
      : pixels_(static_cast<std::size_t>(classes)), square_metres_(pixels_.size()) {}

  /// Adds labels of pixels that cover `square_metres` each, if that is known. Other labels than those of
  /// the classes are pixels without data.
  void add(std::span<const std::uint8_t> labels, std::optional<double> square_metres);

  Index pixels(Index label) const { return pixels_[static_cast<std::size_t>(label)]; }
  /// Nothing if the area of any pixel is unknown.
  std::optional<double> hectares(Index label) const;

  /// Writes class,pixels,hectares,share; the share of all pixels with data. Unknown hectares are empty.
  void write(const std::filesystem::path& file, const ClassTable& classes) const;

 private:
  std::vector<Index> pixels_;
  std::vector<double> square_metres_;
  bool known_ = true;
};

}  // namespace fpanet
