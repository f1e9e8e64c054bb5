#pragma once
// What the masks of a folder are: colours of classes, or class indices. A mask without colour could
// be either, so this is decided once per folder, from all of its masks.

#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/class_table.hpp"
#include "data/mask.hpp"

namespace fpanet {

/// What a mask file holds.
struct MaskValues {
  enum class Kind {
    unreadable,  ///< takes no part in the decision; reading it again reports the problem
    colors,      ///< three channels
    gray,        ///< one channel
  };
  Kind kind = Kind::unreadable;
  std::array<bool, 256> found{};  ///< of a gray mask: the values that occur
};

/// Reads a mask; of a file with three channels, only its first bytes.
MaskValues read_mask_values(const std::filesystem::path& path);

struct MaskCoding {
  GrayMasks gray = GrayMasks::indices;  ///< how one-channel masks are labelled
  Index gray_masks = 0;                 ///< number of one-channel masks
  /// For each mask, why it cannot be labelled this way: values that it must not hold, or another
  /// kind than the rest of the folder. Empty if it can be. Does not name the file.
  std::vector<std::string> problems;
  std::string note;  ///< what one-channel masks are taken for; empty if there are none

  bool usable() const;
};

/// Masks of one channel hold gray class colours if masks with three channels exist, or if the
/// values are class colours but not indices; kIgnoreByte counts as a class colour if it is one and
/// all other values are as well, of which there must be one. Else they hold indices. Where masks disagree, the majority decides
/// and the others have a problem; where both readings fit and differ, all have.
MaskCoding decide_mask_coding(std::span<const MaskValues> masks, const ClassTable& classes);

/// decide_mask_coding on the values of these files, which are read on `threads` threads.
MaskCoding find_mask_coding(std::span<const std::filesystem::path> masks, const ClassTable& classes,
                            int threads);

}  // namespace fpanet
