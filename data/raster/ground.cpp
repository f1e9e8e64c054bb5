#include "data/raster/ground.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace fpanet {
namespace {

std::array<double, 2> position(const std::array<double, 6>& t, double column, double row) {
  return {t[0] + column * t[1] + row * t[2], t[3] + column * t[4] + row * t[5]};
}

bool same_transform(const RasterInfo& a, const RasterInfo& b) {
  constexpr double kTolerance = 0.01;  // of a pixel
  const auto &s = a.georeference.transform, &t = b.georeference.transform;
  const auto sides = b.georeference.pixel_size();
  const double near = kTolerance * std::min(sides[0], sides[1]);
  for (const double column : {0.0, static_cast<double>(b.width)}) {
    for (const double row : {0.0, static_cast<double>(b.height)}) {
      const auto p = position(s, column, row), q = position(t, column, row);
      if (std::hypot(p[0] - q[0], p[1] - q[1]) > near) return false;
    }
  }
  return true;
}

std::string grid_str(const RasterInfo& info) {
  const Georeference& place = info.georeference;
  std::string text = fmt::format("{}x{} pixels", info.height, info.width);
  if (!place.is_known()) return text + " without a place";
  if (!place.points.empty()) {
    return fmt::format("{} with {} ground control points in {}", text, place.points.size(),
                       crs_name(place.points_crs));
  }
  const auto sides = place.pixel_size();
  return fmt::format("{} of {:.6g} x {:.6g} from ({:.10g}, {:.10g}) in {}", text, sides[0],
                     sides[1], place.transform[0], place.transform[3], crs_name(place.crs));
}

}  // namespace

std::string grid_difference(const RasterInfo& mask, const RasterInfo& image) {
  const Georeference &a = mask.georeference, &b = image.georeference;
  const bool same_size = mask.height == image.height && mask.width == image.width;
  bool same = same_size;
  if (same && a.is_known() && b.is_known()) {
    same = a.points.empty() == b.points.empty() &&
           (a.points.empty() ? same_transform(mask, image) : a.points == b.points);
    if (same && !a.crs.empty() && !b.crs.empty()) same = same_crs(a.crs, b.crs);
    if (same && !a.points_crs.empty() && !b.points_crs.empty()) {
      same = same_crs(a.points_crs, b.points_crs);
    }
  }
  if (same) return {};
  return fmt::format("{}: the mask does not lie on its image's pixels: it has {}, but {} has {}",
                     mask.name, grid_str(mask), image.name, grid_str(image));
}

Footprint footprint_of(const Georeference& place, const Window& window) {
  Footprint ground;
  if (!place.is_known() || !place.points.empty()) return ground;
  ground.crs = place.crs;
  bool first = true;
  for (const Index column : {window.left, window.left + window.width}) {
    for (const Index row : {window.top, window.top + window.height}) {
      const auto [x, y] =
          position(place.transform, static_cast<double>(column), static_cast<double>(row));
      ground.left = first ? x : std::min(ground.left, x);
      ground.right = first ? x : std::max(ground.right, x);
      ground.bottom = first ? y : std::min(ground.bottom, y);
      ground.top = first ? y : std::max(ground.top, y);
      first = false;
    }
  }
  const auto sides = place.pixel_size();
  ground.pixel = std::max(sides[0], sides[1]);
  return ground;
}

std::vector<std::pair<Index, Index>> overlaps(std::span<const Footprint> footprints) {
  std::vector<std::size_t> order(footprints.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return footprints[i].left; });
  std::vector<std::pair<Index, Index>> found;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Footprint& a = footprints[order[i]];
    if (a.crs.empty()) continue;
    for (std::size_t j = i + 1; j < order.size(); ++j) {
      const Footprint& b = footprints[order[j]];
      if (b.left >= a.right) break;
      if (b.crs != a.crs) continue;
      const double pixel = std::max(a.pixel, b.pixel);
      const double width = std::min(a.right, b.right) - b.left;
      const double height = std::min(a.top, b.top) - std::max(a.bottom, b.bottom);
      if (width > pixel && height > pixel) {
        found.emplace_back(static_cast<Index>(std::min(order[i], order[j])),
                           static_cast<Index>(std::max(order[i], order[j])));
      }
    }
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace fpanet
