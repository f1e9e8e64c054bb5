#include "data/synth_layout.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/core/rng.hpp"

namespace fpanet {

namespace {

constexpr double kRegionSize = 80.0;  // pixels between the centres of regions
constexpr double kWarp = 44.0;        // pixels by which borders deviate from straight lines
constexpr Index kMargin = 2;          // squares around the image that also have a region

Axes random_axes(Rng& rng) {
  while (true) {
    const double dx = rng.uniform(-1, 1), dy = rng.uniform(-1, 1);
    const double length = std::sqrt(dx * dx + dy * dy);
    if (length > 0.1 && length <= 1.0) return {dx / length, dy / length};
  }
}

Land random_land(Rng& rng) {
  struct Share {
    Land land;
    double part;
  };
  constexpr std::array kShares{Share{Land::agriculture, 0.36}, Share{Land::forest, 0.18},
                               Share{Land::urban, 0.16},       Share{Land::rangeland, 0.13},
                               Share{Land::barren, 0.09},      Share{Land::water, 0.08}};
  double left = rng.uniform();
  for (const Share& share : kShares) {
    if (left < share.part) return share.land;
    left -= share.part;
  }
  return kShares.back().land;
}

std::uint64_t random_seed(Rng& rng) {
  const std::uint64_t high = rng.next_u32();
  return (high << 32) | rng.next_u32();
}

Index squares(Index pixels) {
  return static_cast<Index>(std::ceil(static_cast<double>(pixels) / kRegionSize)) + 2 * kMargin;
}

}  // namespace

Layout::Layout(std::uint64_t seed, const ImageSize& size)
    : warp_x_(seed + 1),
      warp_y_(seed + 2),
      banks_(seed + 3),
      columns_(squares(size.width)),
      rows_(squares(size.height)) {
  Rng rng(seed, hash_name("layout"));
  const auto height = static_cast<double>(size.height), width = static_cast<double>(size.width);
  const auto random_region = [&rng](double x, double y, Land land) {
    return Region{x, y, land, random_axes(rng), random_seed(rng)};
  };

  constexpr double kRiverChance = 0.35, kGapChance = 0.08;
  has_river_ = rng.uniform() < kRiverChance;
  river_width_ = rng.uniform(6.0, 18.0);
  // Each number is drawn in a statement of its own: the order in which arguments are evaluated differs
  // between compilers and processors.
  const double river_y = rng.uniform(0.25, 0.75) * height;
  const double river_x = rng.uniform(0.25, 0.75) * width;
  river_ = random_region(river_x, river_y, Land::water);
  has_gap_ = rng.uniform() < kGapChance;
  const double right = rng.below(2) == 0 ? 0.0 : 1.0, low = rng.below(2) == 0 ? 0.0 : 1.0;
  gap_ = random_region(right * width, low * height, Land::unknown);

  for (Index row = 0; row < rows_; ++row) {
    for (Index column = 0; column < columns_; ++column) {
      const double x = (static_cast<double>(column - kMargin) + rng.uniform()) * kRegionSize;
      const double y = (static_cast<double>(row - kMargin) + rng.uniform()) * kRegionSize;
      regions_.push_back(random_region(x, y, random_land(rng)));
    }
  }
}

const Region& Layout::at(double x, double y) const {
  if (missing(x, y)) return gap_;
  if (in_river(x, y)) return river_;
  return nearest_region(x, y);
}

const Region& Layout::nearest_region(double x, double y) const {
  constexpr double kBorderSize = 55.0;  // pixels from one bend of a border to the next
  constexpr int kOctaves = 3;
  const double sx = x / kBorderSize, sy = y / kBorderSize;
  x += kWarp * (warp_x_.fractal(sx, sy, kOctaves) - 0.5);
  y += kWarp * (warp_y_.fractal(sx, sy, kOctaves) - 0.5);

  const auto column = static_cast<Index>(std::floor(x / kRegionSize)) + kMargin;
  const auto row = static_cast<Index>(std::floor(y / kRegionSize)) + kMargin;
  const Region* best = nullptr;
  double best_square = 0.0;
  for (Index r = std::max<Index>(row - 1, 0); r <= std::min(row + 1, rows_ - 1); ++r) {
    for (Index c = std::max<Index>(column - 1, 0); c <= std::min(column + 1, columns_ - 1); ++c) {
      const Region& region = regions_[static_cast<std::size_t>(r * columns_ + c)];
      const double dx = region.x - x, dy = region.y - y;
      const double square = dx * dx + dy * dy;
      if (best != nullptr && square >= best_square) continue;
      best = &region;
      best_square = square;
    }
  }
  return *best;
}

bool Layout::in_river(double x, double y) const {
  if (!has_river_) return false;
  constexpr double kBend = 90.0, kSwing = 80.0;
  const double along = river_.axes.along(x - river_.x, y - river_.y);
  const double across = river_.axes.across(x - river_.x, y - river_.y);
  const double middle = kSwing * (banks_.fractal(along / kBend, 0.5, 2) - 0.5);
  const double width = river_width_ * (0.7 + 0.6 * banks_.smooth(along / kBend, 7.5));
  return std::abs(across - middle) < width / 2;
}

bool Layout::missing(double x, double y) const {
  if (!has_gap_) return false;
  constexpr double kReach = 40.0;
  return std::abs(x - gap_.x) + std::abs(y - gap_.y) * (1.0 + std::abs(gap_.axes.dx)) < kReach * 2;
}

}  // namespace fpanet
