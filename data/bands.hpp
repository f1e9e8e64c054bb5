#pragma once
// Which bands of a picture a model reads: --bands.

#include <string>
#include <string_view>
#include <vector>

#include "data/image.hpp"

namespace fpanet {

class Bands {
 public:
  Bands() = default;  ///< 1,2,3: red, green, blue
  /// Numbers of bands from 1, 1 to 16 of them; a band may occur twice. Throws Error for others.
  explicit Bands(std::vector<Index> numbers);
  static Bands first(Index count);  ///< 1 to `count`
  /// "4" (the first four), "4,3,2", or "4," (only the fourth). Throws Error for anything else.
  static Bands parse(std::string_view text);

  Index count() const { return static_cast<Index>(numbers_.size()); }
  const std::vector<Index>& numbers() const { return numbers_; }
  bool is_rgb() const { return numbers_ == std::vector<Index>{1, 2, 3}; }
  std::string str() const;  ///< the shortest form that parse() takes: "4", "4,3,2" or "4,"
  bool operator==(const Bands&) const = default;

 private:
  std::vector<Index> numbers_{1, 2, 3};
};

/// The picture has fewer bands than are wanted.
class TooFewBands : public Error {
 public:
  using Error::Error;
};

/// The bands of a picture in the order of `bands`. For 1,2,3 a picture without colour (gray, or gray
/// and alpha) counts as one whose red, green and blue are equal, as in OpenCV. Throws TooFewBands,
/// naming the wanted and the found number, if a band is missing.
Image select_bands(Image image, const Bands& bands, std::string_view name);

}  // namespace fpanet
