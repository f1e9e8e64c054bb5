#include "data/mask.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"

namespace fpanet {

namespace {

struct NamedPolicy {
  std::string_view name;
  MaskPolicy policy;
};
constexpr std::array kPolicies{
    NamedPolicy{"ignore", MaskPolicy::ignore},
    NamedPolicy{"class-zero", MaskPolicy::class_zero},
    NamedPolicy{"threshold128", MaskPolicy::threshold128},
    NamedPolicy{"nearest", MaskPolicy::nearest},
    NamedPolicy{"error", MaskPolicy::error},
};

Rgb binarised(const Rgb& color) {
  Rgb out{};
  std::transform(color.begin(), color.end(), out.begin(),
                 [](std::uint8_t v) { return static_cast<std::uint8_t>(v >= 128 ? 255 : 0); });
  return out;
}

struct ColorLabel {
  std::uint8_t label = kIgnoreByte;
  bool matched = false;
};

ColorLabel label_of(const Rgb& color, const ClassTable& classes, MaskPolicy policy) {
  const Rgb wanted = policy == MaskPolicy::threshold128 ? binarised(color) : color;
  if (const auto found = classes.find(wanted)) return {static_cast<std::uint8_t>(*found), true};
  switch (policy) {
    case MaskPolicy::class_zero:
      return {0, false};
    case MaskPolicy::nearest:
      return {static_cast<std::uint8_t>(classes.nearest(color)), false};
    case MaskPolicy::error:
      fail("the mask holds the colour {},{},{}, which no class has", color[0], color[1], color[2]);
    case MaskPolicy::ignore:
    case MaskPolicy::threshold128:
      return {kIgnoreByte, false};
  }
  return {};
}

/// Counts the pixels of unmatched colours. Of a mask that has more of them than anyone would list
/// (a photograph), only those that occur first are counted.
class StrayCounter {
 public:
  void add(const Rgb& color, Index pixels) {
    constexpr std::size_t kMostColors = 4096;
    const auto found = counts_.find(color);
    if (found != counts_.end()) {
      found->second += pixels;
    } else if (counts_.size() < kMostColors) {
      counts_.emplace(color, pixels);
    }
  }

  std::vector<StrayColor> most_frequent() const {
    std::vector<StrayColor> colors;
    for (const auto& [color, pixels] : counts_) colors.push_back({color, pixels});
    return fpanet::most_frequent(std::move(colors));
  }

 private:
  std::map<Rgb, Index> counts_;
};

/// `mask` has three channels, or one that holds gray colours.
LabelMap labels_from_colors(const Image& mask, const ClassTable& classes, MaskPolicy policy) {
  LabelMap out{Image(mask.height, mask.width, 1), 0, 0, {}};
  StrayCounter stray;
  const auto color_at = [&](std::size_t i) {
    const std::uint8_t* pixel = mask.pixels.data() + static_cast<std::size_t>(mask.channels) * i;
    return mask.channels == 1 ? Rgb{pixel[0], pixel[0], pixel[0]}
                              : Rgb{pixel[0], pixel[1], pixel[2]};
  };
  // Neighbouring pixels mostly have the same colour, so each run of equal pixels is one lookup.
  const std::size_t size = out.labels.pixels.size();
  for (std::size_t begin = 0, end = 0; begin < size; begin = end) {
    const Rgb color = color_at(begin);
    for (end = begin + 1; end < size && color_at(end) == color; ++end) {
    }
    const auto pixels = static_cast<Index>(end - begin);
    const ColorLabel answer = label_of(color, classes, policy);
    std::fill_n(out.labels.pixels.begin() + static_cast<std::ptrdiff_t>(begin), pixels,
                answer.label);
    if (answer.label == kIgnoreByte) out.ignored += pixels;
    if (answer.matched) continue;
    out.unmatched += pixels;
    stray.add(color, pixels);
  }
  out.stray = stray.most_frequent();
  return out;
}

LabelMap labels_from_indices(const Image& mask, const ClassTable& classes) {
  for (const std::uint8_t value : mask.pixels) {
    require(value < classes.size() || value == kIgnoreByte,
            "the index mask (one channel) holds the value {}, but there are {} classes (and {} "
            "for pixels to ignore)",
            value, classes.size(), kIgnoreByte);
  }
  const auto ignored = std::count(mask.pixels.begin(), mask.pixels.end(), kIgnoreByte);
  return {mask, 0, static_cast<Index>(ignored), {}};
}

}  // namespace

MaskPolicy parse_mask_policy(std::string_view name) {
  for (const NamedPolicy& entry : kPolicies) {
    if (entry.name == name) return entry.policy;
  }
  fail("mask policy '{}': expected {}", name, join(mask_policy_names(), ", "));
}

std::string_view name_of(MaskPolicy policy) {
  return kPolicies[static_cast<std::size_t>(policy)].name;
}

std::vector<std::string> mask_policy_names() {
  std::vector<std::string> names;
  for (const NamedPolicy& entry : kPolicies) names.emplace_back(entry.name);
  return names;
}

LabelMap labels_from_mask(const Image& mask, const ClassTable& classes, MaskPolicy policy,
                          GrayMasks gray) {
  require(mask.channels == 1 || mask.channels == 3, "mask of {} channels, expected 1 or 3",
          mask.channels);
  const bool indices = mask.channels == 1 && gray == GrayMasks::indices;
  return indices ? labels_from_indices(mask, classes) : labels_from_colors(mask, classes, policy);
}

std::vector<StrayColor> most_frequent(std::vector<StrayColor> colors) {
  std::stable_sort(colors.begin(), colors.end(),
                   [](const StrayColor& a, const StrayColor& b) { return a.pixels > b.pixels; });
  if (colors.size() > kMostStray) colors.resize(kMostStray);
  return colors;
}

Image colors_from_labels(const Image& labels, const ClassTable& classes) {
  std::array<Rgb, 256> palette{};
  for (Index i = 0; i < classes.size(); ++i) {
    palette[static_cast<std::size_t>(i)] = classes.color(i);
  }
  Image out(labels.height, labels.width, 3);
  for (std::size_t i = 0; i < labels.pixels.size(); ++i) {
    std::copy_n(palette[labels.pixels[i]].begin(), 3, out.pixels.data() + 3 * i);
  }
  return out;
}

}  // namespace fpanet
