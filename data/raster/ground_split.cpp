#include "data/raster/ground_split.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "data/first_names.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

GroundSplit::GroundSplit(std::string source, std::vector<SplitPicture> pictures)
    : source_(std::move(source)), pictures_(std::move(pictures)) {
  std::vector<Footprint> footprints;
  for (const SplitPicture& picture : pictures_) footprints.push_back(picture.ground);
  overlapping_ = overlaps(footprints);
}

std::vector<Index> GroundSplit::pieces() const {
  std::vector<std::size_t> joined(pictures_.size());
  std::iota(joined.begin(), joined.end(), std::size_t{0});
  const auto root = [&](std::size_t i) {
    while (joined[i] != i) i = joined[i];
    return i;
  };
  const auto join_pieces = [&](std::size_t a, std::size_t b) {
    a = root(a);
    b = root(b);
    joined[std::max(a, b)] = std::min(a, b);
  };
  std::map<std::string, std::size_t> first_of_group;
  for (std::size_t i = 0; i < pictures_.size(); ++i) {
    const std::string& group = pictures_[i].group;
    if (group.empty()) continue;
    join_pieces(first_of_group.emplace(group, i).first->second, i);
  }
  for (const auto& [a, b] : overlapping_) {
    join_pieces(static_cast<std::size_t>(a), static_cast<std::size_t>(b));
  }
  std::map<std::size_t, Index> number;
  std::vector<Index> pieces;
  for (std::size_t i = 0; i < pictures_.size(); ++i) {
    pieces.push_back(number.emplace(root(i), std::ssize(number)).first->second);
  }
  return pieces;
}

Split GroundSplit::usual() const {
  Split split;
  if (has_parts()) {
    for (std::size_t i = 0; i < pictures_.size(); ++i) {
      const std::string& part = pictures_[i].part;
      std::vector<Index>& to = part == "train" ? split.train
                               : part == "val" ? split.val
                                               : split.test;
      to.push_back(static_cast<Index>(i));
    }
    return split;
  }
  const std::vector<Index> piece = pieces();
  const Index count = std::ranges::max(piece) + 1;
  require(count >= 3,
          "{}: {} rasters show {} pieces of ground (those of a group, and those that overlap, are "
          "one), but train, val and test need one each: list them in a file with a column split, "
          "where windows of one raster can be in different parts",
          source_, pictures_.size(), count);
  const Split of_ground = notebook_split(count);
  const auto pictures_on = [&](const std::vector<Index>& pieces) {
    std::vector<Index> all;
    for (const Index wanted : pieces) {
      for (std::size_t i = 0; i < piece.size(); ++i) {
        if (piece[i] == wanted) all.push_back(static_cast<Index>(i));
      }
    }
    return all;
  };
  return {pictures_on(of_ground.train), pictures_on(of_ground.val), pictures_on(of_ground.test)};
}

std::vector<std::string> GroundSplit::judge(const Split& split) const {
  const auto id_of = [&](Index i) -> const std::string& {
    return pictures_[static_cast<std::size_t>(i)].id;
  };
  std::map<Index, std::string> part_of;
  for (const Index i : split.train) part_of[i] = "train";
  for (const Index i : split.val) part_of[i] = "val";
  for (const Index i : split.test) part_of[i] = "test";
  std::map<std::string, Index> first_of_group;
  for (const auto& [i, part] : part_of) {
    const SplitPicture& picture = pictures_[static_cast<std::size_t>(i)];
    if (picture.group.empty()) continue;
    const Index first = first_of_group.emplace(picture.group, i).first->second;
    require(part_of[first] == part,
            "{}: the group '{}' is in two parts of the split: '{}' in {} and '{}' in {}", source_,
            printable(picture.group), printable(id_of(first)), part_of[first],
            printable(picture.id), part);
  }
  std::vector<std::string> shared;
  for (const auto& [a, b] : overlapping_) {
    const auto first = part_of.find(a), second = part_of.find(b);
    if (first == part_of.end() || second == part_of.end() || first->second == second->second) {
      continue;
    }
    shared.push_back(fmt::format("'{}' ({}) and '{}' ({})", printable(id_of(a)), first->second,
                                 printable(id_of(b)), second->second));
  }
  if (shared.empty()) return {};
  return {fmt::format(
      "{}: {} pairs of rasters in different parts of the split show the same ground, so "
      "the numbers of val and test promise too much: {}",
      source_, shared.size(), first_names(shared))};
}

}  // namespace fpanet
