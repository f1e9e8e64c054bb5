#pragma once
// What the values of raster masks mean: indices of classes, gray class colours, colours of a table in the
// file, or names of classes.

#include <array>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "data/mask.hpp"
#include "data/raster/categories.hpp"

namespace fpanet {

/// What a mask holds.
struct MaskContents {
  std::string file;
  Index bands = 1;  ///< 1, or 3 of colours
  std::vector<RasterCategory> categories = {};
  std::set<std::uint8_t> values = {};  ///< of a single band, those that occur
};

/// How a mask is labelled.
struct MaskLabels {
  bool colors = false;                          ///< three bands of class colours
  std::array<std::uint8_t, 256> label_of = {};  ///< of the values of a single band
};

struct MaskDecision {
  std::vector<MaskLabels> masks;
  /// Why a mask cannot be labelled; it names the mask and the class table. Empty of those that can.
  std::vector<std::string> problems;
  std::string note;  ///< what single bands are taken for; empty if there are none
};

/// Decides in this order what a single band holds:
///   names    if its categories have the name of a class: a value is the class of that name
///   colours  if it has a colour table in which every value that occurs has the colour of a class
///   else     class indices or gray class colours, as mask_coding.hpp decides it for all these masks together
/// kIgnoreByte is ignored unless it has a name or a colour. `table` names the class table in messages.
MaskDecision decide_mask_labels(std::span<const MaskContents> masks, const ClassTable& classes,
                                const std::string& table);

/// The classes that the categories of a mask name, with their colours, in the order of the values. Throws an Error
/// that names `file` and asks for a class table if they have no names or no colours.
ClassTable classes_of(const std::vector<RasterCategory>& categories, const std::string& file);

}  // namespace fpanet
