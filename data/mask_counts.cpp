#include "data/mask_counts.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "engine/core/join.hpp"

namespace fpanet {

namespace {

std::string_view fate_of_unmatched(MaskPolicy policy) {
  switch (policy) {
    case MaskPolicy::class_zero:
      return "taken as class 0";
    case MaskPolicy::nearest:
      return "taken as the class of the nearest colour";
    case MaskPolicy::ignore:
    case MaskPolicy::threshold128:
    case MaskPolicy::error:
      break;
  }
  return "left out of loss and metrics";
}

/// "200,20,10 (300 pixels), ..."
std::string colors_str(const std::vector<StrayColor>& colors) {
  std::vector<std::string> texts;
  for (const StrayColor& stray : colors) {
    texts.push_back(fmt::format("{},{},{} ({} pixels)", stray.color[0], stray.color[1],
                                stray.color[2], stray.pixels));
  }
  return join(texts, ", ");
}

/// Whether all frequent colours are small grays, as if class indices had been written to three
/// channels.
bool look_like_indices(const std::vector<StrayColor>& colors) {
  constexpr std::uint8_t kFewClasses = 32;
  return !colors.empty() && std::all_of(colors.begin(), colors.end(), [](const StrayColor& stray) {
    const Rgb& c = stray.color;
    return c[0] == c[1] && c[1] == c[2] && c[0] < kFewClasses;
  });
}

std::string stray_str(const MaskCounts& counts) {
  return fmt::format("most frequent: {}{}", colors_str(most_frequent(counts.stray)),
                     look_like_indices(counts.stray)
                         ? "; these look like class indices, which belong into masks of one channel"
                         : "");
}

}  // namespace

double percent_of(Index part, Index whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void MaskCounts::add(const LabelMap& map) {
  const Index size = std::ssize(map.labels.pixels);
  const bool indices = map.unmatched == 0;  // an index mask, or nothing is ignored
  MaskCounts counts{.scenes = 1,
                    .pixels = size,
                    .unmatched_pixels = map.unmatched,
                    .unmatched_scenes = map.unmatched > 0 ? 1 : 0,
                    .ignored_pixels = indices ? map.ignored : 0,
                    .ignored_scenes = indices && map.ignored > 0 ? 1 : 0,
                    .labelled_pixels = size - map.ignored,
                    .stray = map.stray};
  add(counts);
}

void MaskCounts::add(const MaskCounts& other) {
  constexpr std::size_t kMostColors = 1024;
  scenes += other.scenes;
  pixels += other.pixels;
  unmatched_pixels += other.unmatched_pixels;
  unmatched_scenes += other.unmatched_scenes;
  ignored_pixels += other.ignored_pixels;
  ignored_scenes += other.ignored_scenes;
  labelled_pixels += other.labelled_pixels;
  for (const StrayColor& color : other.stray) {
    const auto known = std::find_if(stray.begin(), stray.end(), [&](const StrayColor& mine) {
      return mine.color == color.color;
    });
    if (known != stray.end()) {
      known->pixels += color.pixels;
    } else if (stray.size() < kMostColors) {
      stray.push_back(color);
    }
  }
}

std::string nothing_to_learn(const MaskCounts& counts) {
  if (counts.scenes == 0 || counts.labelled_pixels > 0) return {};
  std::string text = fmt::format("none of the {} mask pixels in {} scenes has a class",
                                 counts.pixels, counts.scenes);
  if (counts.unmatched_pixels > 0) {
    text += fmt::format("; {:.1f} % have a colour that no class has, {}",
                        percent_of(counts.unmatched_pixels, counts.pixels), stray_str(counts));
  }
  if (counts.ignored_pixels > 0) {
    text += fmt::format("; {:.1f} % have the value {}, which is ignored",
                        percent_of(counts.ignored_pixels, counts.pixels), kIgnoreByte);
  }
  return text;
}

std::vector<std::string> mask_warnings(const MaskCounts& counts, MaskPolicy policy) {
  std::vector<std::string> warnings;
  if (counts.unmatched_pixels > 0) {
    warnings.push_back(fmt::format(
        "{} mask pixels in {} scenes have a colour that no class has; they are {} ({:.1f} % of all "
        "pixels; {})",
        counts.unmatched_pixels, counts.unmatched_scenes, fate_of_unmatched(policy),
        percent_of(counts.unmatched_pixels, counts.pixels), stray_str(counts)));
  }
  if (counts.ignored_pixels > 0) {
    warnings.push_back(fmt::format(
        "{} mask pixels in {} scenes have the value {}; they are left out of loss and metrics "
        "({:.1f} % of all pixels)",
        counts.ignored_pixels, counts.ignored_scenes, kIgnoreByte,
        percent_of(counts.ignored_pixels, counts.pixels)));
  }
  return warnings;
}

bool mostly_unmatched(const MaskCounts& counts, MaskPolicy policy) {
  return policy != MaskPolicy::nearest && 2 * counts.unmatched_pixels > counts.pixels;
}

}  // namespace fpanet
