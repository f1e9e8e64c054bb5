#pragma once
// Splits rasters so that no ground is in two parts.

#include <string>
#include <utility>
#include <vector>

#include "data/raster/ground.hpp"
#include "data/split.hpp"

namespace fpanet {

/// A raster, or a window of one, as a split sees it.
struct SplitPicture {
  std::string id;
  std::string part;   ///< train, val or test; empty if the data bring no split
  std::string group;  ///< of ground; empty if it is in none
  Footprint ground;
};

class GroundSplit {
 public:
  GroundSplit() = default;
  /// `source` names the data in messages.
  GroundSplit(std::string source, std::vector<SplitPicture> pictures);

  /// Whether the pictures bring their parts.
  bool has_parts() const { return !pictures_.front().part.empty(); }
  /// Their parts; without any, the notebook's split of pieces of ground: pictures of a group, and pictures that overlap,
  /// stay together. Throws Error for fewer than three pieces.
  Split usual() const;
  /// Warns of ground that is in two parts of a split. Throws Error if a group is.
  std::vector<std::string> judge(const Split& split) const;

 private:
  /// For each picture, the number of its piece of ground, from 0.
  std::vector<Index> pieces() const;

  std::string source_;
  std::vector<SplitPicture> pictures_;
  std::vector<std::pair<Index, Index>> overlapping_;
};

}  // namespace fpanet
