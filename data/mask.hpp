#pragma once
// Converts between masks (colours or indices) and label maps.

#include <string>
#include <string_view>
#include <vector>

#include "data/class_table.hpp"
#include "data/image.hpp"

namespace fpanet {

/// Label of the pixels that loss and metrics ignore; pass it to them as ignore_index.
inline constexpr std::int32_t kIgnoreLabel = -1;
/// The corresponding value in 8-bit label maps and index masks.
inline constexpr std::uint8_t kIgnoreByte = 255;

/// How to label a mask colour that no class has.
enum class MaskPolicy {
  ignore,        ///< kIgnoreByte (--protocol clean)
  class_zero,    ///< class 0, like the notebook's rgb2category (--protocol notebook)
  threshold128,  ///< threshold each channel at 128 to 0 or 255 (DeepGlobe's advice), then `ignore`
  nearest,       ///< the class of the nearest colour
  error,         ///< throw Error
};
MaskPolicy parse_mask_policy(std::string_view name);
std::string_view name_of(MaskPolicy policy);
std::vector<std::string> mask_policy_names();

/// What the pixels of masks with one channel are; mask_coding.hpp decides it for a folder.
enum class GrayMasks {
  indices,  ///< class indices or kIgnoreByte
  colors,   ///< the gray v stands for the colour v,v,v
};

/// A colour that no class has.
struct StrayColor {
  Rgb color{};
  Index pixels = 0;
  bool operator==(const StrayColor&) const = default;
};

struct LabelMap {
  Image labels;                        ///< one channel: class index, or kIgnoreByte
  Index unmatched = 0;                 ///< pixels whose colour no class has, whatever their label
  Index ignored = 0;                   ///< pixels whose label is kIgnoreByte
  std::vector<StrayColor> stray = {};  ///< the most frequent unmatched colours, at most kMostStray
};
inline constexpr std::size_t kMostStray = 8;

/// A mask with three channels holds colours, which are labelled according to `policy`; so does one
/// with one channel if `gray` says so. Otherwise that holds class indices or kIgnoreByte, and any
/// other value is an error. Errors do not name the file, which the caller adds.
LabelMap labels_from_mask(const Image& mask, const ClassTable& classes, MaskPolicy policy,
                          GrayMasks gray = GrayMasks::indices);

/// The entries with the most pixels, at most kMostStray, in descending order.
std::vector<StrayColor> most_frequent(std::vector<StrayColor> colors);

/// An RGB image with the colours of the classes. Labels that are not classes become black.
Image colors_from_labels(const Image& labels, const ClassTable& classes);

}  // namespace fpanet
