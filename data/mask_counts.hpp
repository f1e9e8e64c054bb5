#pragma once
// Counts over the masks of many scenes, and the judgement whether a model can learn from them. It
// is the same for check-data, training and evaluation.

#include <optional>
#include <string>
#include <vector>

#include "data/mask.hpp"

namespace fpanet {

/// 0 of an empty whole.
double percent_of(Index part, Index whole);

struct MaskCounts {
  Index scenes = 0, pixels = 0;
  Index unmatched_pixels = 0;     ///< pixels whose colour no class has, whatever their label
  Index unmatched_scenes = 0;     ///< scenes with such pixels
  Index ignored_pixels = 0;       ///< pixels with the value kIgnoreByte in index masks
  Index ignored_scenes = 0;       ///< scenes with such pixels
  Index labelled_pixels = 0;      ///< pixels that have a class
  std::vector<StrayColor> stray;  ///< the most frequent unmatched colours of the scenes, unsorted

  void add(const LabelMap& map);
  void add(const MaskCounts& other);
};

/// Why no model can learn from these masks: no pixel has a class. Empty if one has.
std::string nothing_to_learn(const MaskCounts& counts);

/// What the user should know about these masks: pixels whose colour no class has, with their share,
/// the most frequent colours, and what `policy` makes of them; pixels that index masks ignore.
std::vector<std::string> mask_warnings(const MaskCounts& counts, MaskPolicy policy);

/// Whether most pixels have a colour that no class has, so that the class table is probably not the
/// one of these masks. Under MaskPolicy::nearest that is what the user expects.
bool mostly_unmatched(const MaskCounts& counts, MaskPolicy policy);

}  // namespace fpanet
