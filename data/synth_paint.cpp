#include "data/synth_paint.hpp"

#include <cmath>

namespace fpanet {

namespace {

Color shifted(const Color& color, double by) {
  return {color[0] + by, color[1] + by, color[2] + by};
}

Color mixed(const Color& a, const Color& b, double part_of_b) {
  Color out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = a[i] + (b[i] - a[i]) * part_of_b;
  return out;
}

/// A wave of period 1 between -1 and 1 with rounded crests and troughs.
double wave(double phase) {
  const double t = 2.0 * std::abs(phase - std::floor(phase) - 0.5);  // triangle, 0 to 1
  return 2.0 * t * t * (3.0 - 2.0 * t) - 1.0;
}

struct Fraction {
  Index whole = 0;
  double rest = 0;  ///< [0,1)
};
Fraction fraction(double value) {
  const double whole = std::floor(value);
  return {static_cast<Index>(whole), value - whole};
}

/// Parcels in a brick pattern. Each has a crop, rows along or across, and a track around it.
Color agriculture(const Region& region, double x, double y) {
  constexpr double kTrack = 1.2;
  constexpr std::array<Color, 5> kCrops{Color{92, 118, 62}, Color{124, 134, 72},
                                        Color{148, 138, 92}, Color{104, 96, 66},
                                        Color{74, 104, 58}};
  const Noise noise(region.seed);
  const double length = 34.0 + 26.0 * noise.white(0, 0), depth = 22.0 + 16.0 * noise.white(0, 1);
  const double along = region.axes.along(x, y), across = region.axes.across(x, y);
  const Fraction row = fraction(across / depth);
  const Fraction column = fraction(along / length + noise.white(row.whole, 2));

  const Noise parcel(region.seed + 3);
  const double pick = parcel.white(column.whole, row.whole);
  const Color crop = kCrops[static_cast<std::size_t>(pick * static_cast<double>(kCrops.size()))];
  const double edge = std::min(std::min(column.rest, 1.0 - column.rest) * length,
                               std::min(row.rest, 1.0 - row.rest) * depth);
  if (edge < kTrack) return mixed(crop, {70, 74, 52}, 0.8);

  const Noise style(region.seed + 4);
  const double style_pick = style.white(column.whole, row.whole);
  const bool fallow = style_pick > 0.88;  // without rows
  const double period = 3.6 + 3.4 * style_pick, strength = fallow ? 0.0 : 11.0 + 15.0 * pick;
  const double rows_at = style_pick < 0.5 ? across : along;
  const double patchy = 12.0 * (noise.fractal(x / 11.0, y / 11.0, 2) - 0.5);
  return shifted(crop, strength * wave(rows_at / period) + patchy);
}

/// Tree crowns lit from one side.
Color forest(const Region& region, double x, double y) {
  constexpr double kCrown = 5.5;
  const Noise noise(region.seed);
  const Noise::Cell crown = noise.cell(x / kCrown, y / kCrown);
  const Noise::Cell lit = noise.cell((x - 1.4) / kCrown, (y - 1.4) / kCrown);
  const double relief = 60.0 * (lit.distance - crown.distance) + 34.0 * (0.45 - crown.distance);
  return shifted({52, 82, 46}, relief + 22.0 * (crown.tone - 0.5));
}

/// Grass of uneven dryness with scattered shrubs.
Color rangeland(const Region& region, double x, double y) {
  constexpr double kShrub = 12.0, kShrubRadius = 0.2;
  const Noise noise(region.seed);
  const double dry = noise.fractal(x / 26.0, y / 26.0, 3);
  const Noise::Cell shrub = Noise(region.seed + 1).cell(x / kShrub, y / kShrub);
  const Color grass = mixed({112, 120, 74}, {146, 136, 96}, dry);
  if (shrub.tone < 0.6 && shrub.distance < kShrubRadius) return mixed(grass, {48, 68, 38}, 0.75);
  return shifted(grass, 20.0 * (noise.fractal(x / 4.0, y / 4.0, 2) - 0.5));
}

/// Streets around blocks of lots. Most lots have a roof with its shadow.
Color urban(const Region& region, double x, double y) {
  constexpr double kStreet = 4.5, kLot = 10.0, kShadow = 1.6;
  constexpr std::array<Color, 5> kRoofs{Color{196, 190, 184}, Color{158, 96, 78},
                                        Color{126, 124, 126}, Color{220, 218, 212},
                                        Color{92, 84, 82}};
  const Noise noise(region.seed);
  const double block_u = 2.0 * kLot + kStreet, block_v = 3.0 * kLot + kStreet;
  const Fraction u = fraction(region.axes.along(x, y) / block_u);
  const Fraction v = fraction(region.axes.across(x, y) / block_v);
  const double in_u = u.rest * block_u - kStreet, in_v = v.rest * block_v - kStreet;
  const double grain = 14.0 * (noise.smooth(x / 2.0, y / 2.0) - 0.5);
  if (in_u < 0.0 || in_v < 0.0) return shifted({122, 120, 118}, grain);

  const Fraction lot_u = fraction(in_u / kLot), lot_v = fraction(in_v / kLot);
  const Index lot_x = u.whole * 2 + lot_u.whole, lot_y = v.whole * 3 + lot_v.whole;
  const Color yard = mixed({98, 112, 72}, {132, 122, 100}, noise.white(lot_x, lot_y));
  const double house = Noise(region.seed + 1).white(lot_x, lot_y);
  if (house > 0.86) return shifted(yard, grain);

  const double width = 5.2 + 3.4 * house, depth = 8.6 - 3.4 * house;
  const double at_u = lot_u.rest * kLot - 1.0, at_v = lot_v.rest * kLot - 1.0;
  const auto inside = [](double a, double size) { return a >= 0.0 && a < size; };
  if (inside(at_u, width) && inside(at_v, depth)) {
    const double pick = Noise(region.seed + 2).white(lot_x, lot_y);
    const Color roof = kRoofs[static_cast<std::size_t>(pick * static_cast<double>(kRoofs.size()))];
    return shifted(roof, at_v < depth / 2 ? 9.0 : -9.0);
  }
  const bool in_shadow = inside(at_u - kShadow, width) && inside(at_v - kShadow, depth);
  return in_shadow ? Color{52, 54, 56} : shifted(yard, grain);
}

Color water(const Region& region, double x, double y) {
  const Noise noise(region.seed);
  const Color depth = mixed({44, 66, 72}, {62, 84, 78}, noise.fractal(x / 40.0, y / 40.0, 2));
  return shifted(depth, 3.0 * (noise.smooth(x / 3.0, y / 3.0) - 0.5));
}

/// Bright soil with faint streaks in one direction and stones.
Color barren(const Region& region, double x, double y) {
  const Noise noise(region.seed);
  const double along = region.axes.along(x, y), across = region.axes.across(x, y);
  const double streaks = noise.fractal(along / 22.0, across / 3.2, 2) - 0.5;
  const Color soil = mixed({176, 156, 124}, {202, 190, 164}, noise.fractal(x / 34.0, y / 34.0, 2));
  return shifted(soil, 34.0 * streaks + 8.0 * (noise.smooth(x / 1.5, y / 1.5) - 0.5));
}

}  // namespace

double near_infrared(const Region& region, const Color& color) {
  const double brightness = (color[0] + color[1] + color[2]) / 3.0;
  const double greenness = color[1] - 0.5 * (color[0] + color[2]);  // of plants among bare ground
  switch (region.land) {
    case Land::water:
      return 0.25 * color[2] - 4.0;
    case Land::forest:
      return 150.0 + 0.9 * (brightness - 60.0);
    case Land::agriculture:
    case Land::rangeland:
      return 110.0 + 2.2 * greenness + 0.5 * (brightness - 100.0);
    case Land::urban:
      return 0.7 * brightness + 1.5 * greenness;
    case Land::barren:
      return 0.95 * brightness;
    case Land::unknown:
      break;
  }
  return 0.0;
}

Color paint(const Region& region, double x, double y) {
  switch (region.land) {
    case Land::urban:
      return urban(region, x, y);
    case Land::agriculture:
      return agriculture(region, x, y);
    case Land::rangeland:
      return rangeland(region, x, y);
    case Land::forest:
      return forest(region, x, y);
    case Land::water:
      return water(region, x, y);
    case Land::barren:
      return barren(region, x, y);
    case Land::unknown:
      break;
  }
  return {};
}

}  // namespace fpanet
