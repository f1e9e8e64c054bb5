#include "data/mask_coding.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string_view>

#include "data/image_file.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/core/parallel.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

using Kind = MaskValues::Kind;

/// Whether this is a PNG file without colour, according to its first chunk.
bool is_gray_png(const std::filesystem::path& path) {
  constexpr std::string_view kBegin("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", 16);
  constexpr std::size_t kColorType = 25;
  constexpr int kHasColor = 2;
  std::array<char, kColorType + 1> head{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(head.data(), head.size())) return false;
  return std::string_view(head.data(), kBegin.size()) == kBegin &&
         (head[kColorType] & kHasColor) == 0;
}

std::optional<Index> label_of_gray(int value, const ClassTable& classes) {
  const auto v = static_cast<std::uint8_t>(value);
  return classes.find(Rgb{v, v, v});
}

/// The readings that the values of a gray mask allow.
struct Fit {
  bool indices = true, colors = true;
};

Fit fit_of(const MaskValues& mask, const ClassTable& classes) {
  Fit fit;
  for (int v = 0; v < 256; ++v) {
    if (!mask.found[static_cast<std::size_t>(v)]) continue;
    fit.indices = fit.indices && (v < classes.size() || v == kIgnoreByte);
    fit.colors = fit.colors && label_of_gray(v, classes).has_value();
  }
  return fit;
}

std::vector<int> values_of(const MaskValues& mask) {
  std::vector<int> values;
  for (int v = 0; v < 256; ++v) {
    if (mask.found[static_cast<std::size_t>(v)]) values.push_back(v);
  }
  return values;
}

std::string values_str(const MaskValues& mask) {
  constexpr std::size_t kMost = 8;
  std::vector<int> values = values_of(mask);
  const bool more = values.size() > kMost;
  if (more) values.resize(kMost);
  return join(values, ", ") + (more ? ", ..." : "");
}

class Decision {
 public:
  Decision(std::span<const MaskValues> masks, const ClassTable& classes)
      : masks_(masks), classes_(classes) {
    for (const MaskValues& mask : masks) {
      fits_.push_back(mask.kind == Kind::gray ? fit_of(mask, classes) : Fit{});
      if (mask.kind == Kind::colors) ++colors_;
      if (mask.kind != Kind::gray) continue;
      ++gray_;
      if (fits_.back().indices && !fits_.back().colors) ++indices_;
      if (fits_.back().colors && !fits_.back().indices) ++colors_;
      for (std::size_t v = 0; v < 256; ++v) all_.found[v] = all_.found[v] || mask.found[v];
    }
  }

  MaskCoding coding() const {
    MaskCoding coding{.gray = GrayMasks::indices,
                      .gray_masks = gray_,
                      .problems = std::vector<std::string>(masks_.size()),
                      .note = {}};
    if (gray_ == 0) return coding;
    const bool decided = colors_ > 0 || indices_ > 0;
    const bool as_colors = decided ? colors_ >= indices_ : white_is_a_class();
    coding.gray = as_colors ? GrayMasks::colors : GrayMasks::indices;
    const bool ambiguous = !decided && !as_colors && readings_differ();
    for (std::size_t i = 0; i < masks_.size(); ++i) {
      if (masks_[i].kind == Kind::unreadable) continue;
      coding.problems[i] = ambiguous ? ambiguity() : problem(masks_[i], fits_[i], as_colors);
    }
    coding.note = note(as_colors);
    return coding;
  }

 private:
  /// Whether undecided masks are colours: only 255, which indices ignore, tells. Masks of nothing but
  /// 255 have nothing to learn from in either reading, and are those of ignored pixels.
  bool white_is_a_class() const {
    return all_.found[kIgnoreByte] && values_of(all_).size() > 1 && fit_of(all_, classes_).colors;
  }

  /// Whether a value that fits both readings would get another label from each.
  bool readings_differ() const {
    const std::vector<int> values = values_of(all_);
    return std::any_of(values.begin(), values.end(), [&](int v) {
      const auto as_color = label_of_gray(v, classes_);
      return v < classes_.size() && as_color && *as_color != v;
    });
  }

  std::string problem(const MaskValues& mask, const Fit& fit, bool as_colors) const {
    constexpr std::string_view kOneKind = "all masks of a folder must be of one kind";
    if (mask.kind == Kind::colors) {
      if (as_colors) return {};
      return fmt::format(
          "holds colours (three channels), but {} masks of the folder hold class "
          "indices (one channel); {}",
          indices_, kOneKind);
    }
    if (as_colors ? fit.colors : fit.indices) return {};
    if (!fit.indices && !fit.colors) return wrong_value(mask);
    if (as_colors) {
      return fmt::format(
          "holds class indices (one channel, values {}), but {} masks of the folder "
          "hold class colours; {}",
          values_str(mask), colors_, kOneKind);
    }
    return fmt::format(
        "holds gray class colours (one channel, values {}), but {} masks of the "
        "folder hold class indices; {}",
        values_str(mask), indices_, kOneKind);
  }

  std::string wrong_value(const MaskValues& mask) const {
    const auto is_wrong = [&](int v) { return v >= classes_.size() && v != kIgnoreByte; };
    const std::vector<int> values = values_of(mask), all = values_of(all_);
    const int wrong = *std::find_if(values.begin(), values.end(), is_wrong);
    const bool from_one = all.front() == 1 && wrong == classes_.size() &&
                          std::count_if(all.begin(), all.end(), is_wrong) == 1;
    return fmt::format(
        "the index mask (one channel) holds the value {}, but there are {} classes (and {} for "
        "pixels to ignore){}",
        wrong, classes_.size(), kIgnoreByte,
        from_one ? fmt::format("; the masks of the folder hold 1 to {}, but indices start at 0 "
                               "here: subtract 1 from every value",
                               wrong)
                 : "");
  }

  std::string ambiguity() const {
    return fmt::format(
        "holds one channel with values ({} in the whole folder) that are class "
        "indices and gray class colours of other classes as well; write the masks "
        "with three channels",
        values_str(all_));
  }

  std::string note(bool as_colors) const {
    if (!as_colors) return fmt::format("{} masks of one channel: class indices", gray_);
    std::vector<std::string> meanings;
    for (const int v : values_of(all_)) {
      if (const auto label = label_of_gray(v, classes_)) {
        meanings.push_back(fmt::format("{} is '{}'", v, printable(classes_.name(*label))));
      }
    }
    return fmt::format("{} masks of one channel: gray class colours, {}", gray_,
                       join(meanings, ", "));
  }

  std::span<const MaskValues> masks_;
  const ClassTable& classes_;
  std::vector<Fit> fits_;
  MaskValues all_;                             // the values of all gray masks
  Index gray_ = 0, colors_ = 0, indices_ = 0;  // the latter two: masks that allow only this reading
};

}  // namespace

MaskValues read_mask_values(const std::filesystem::path& path) {
  MaskValues values{.kind = Kind::colors, .found = {}};
  if (!is_gray_png(path)) return values;
  values.kind = Kind::gray;
  try {
    for (const std::uint8_t value : read_mask(path).pixels) values.found[value] = true;
  } catch (const std::exception&) {
    values.kind = Kind::unreadable;
  }
  return values;
}

bool MaskCoding::usable() const {
  return std::all_of(problems.begin(), problems.end(),
                     [](const std::string& problem) { return problem.empty(); });
}

MaskCoding decide_mask_coding(std::span<const MaskValues> masks, const ClassTable& classes) {
  return Decision(masks, classes).coding();
}

MaskCoding find_mask_coding(std::span<const std::filesystem::path> masks, const ClassTable& classes,
                            int threads) {
  std::vector<MaskValues> values(masks.size());
  parallel_for(Cpu{threads}, static_cast<Index>(masks.size()), [&](Index i) {
    values[static_cast<std::size_t>(i)] = read_mask_values(masks[static_cast<std::size_t>(i)]);
  });
  return decide_mask_coding(values, classes);
}

}  // namespace fpanet
