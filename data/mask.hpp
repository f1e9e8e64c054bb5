#pragma once
// Masks (colours or indices) <-> label maps.

#include <string>
#include <string_view>
#include <vector>

#include "data/class_table.hpp"
#include "data/image.hpp"

namespace fpanet {

/// Label of pixels that loss and metrics leave out: pass it to them as ignore_index.
inline constexpr std::int32_t kIgnoreLabel = -1;
/// The same in 8-bit label maps and in index masks.
inline constexpr std::uint8_t kIgnoreByte = 255;

/// What a mask colour that no class has becomes.
enum class MaskPolicy {
  ignore,        ///< kIgnoreByte (--protocol clean)
  class_zero,    ///< class 0, as the notebook's rgb2category (--protocol notebook)
  threshold128,  ///< each channel cut to 0 or 255 at 128 first (DeepGlobe's advice), then `ignore`
  nearest,       ///< the class of the nearest colour
  error,         ///< Error
};
MaskPolicy parse_mask_policy(std::string_view name);
std::string_view name_of(MaskPolicy policy);
std::vector<std::string> mask_policy_names();

struct LabelMap {
  Image labels;         ///< one channel: class index, or kIgnoreByte
  Index unmatched = 0;  ///< pixels whose colour no class has, whatever they became
};

/// Three channels: colours, by `policy`. One channel: class indices, where kIgnoreByte stays and
/// any other value that is no class is an error. Errors do not name the file: the caller knows it.
LabelMap labels_from_mask(const Image& mask, const ClassTable& classes, MaskPolicy policy);

/// RGB image of class colours. Labels that are no class become black.
Image colors_from_labels(const Image& labels, const ClassTable& classes);

}  // namespace fpanet
