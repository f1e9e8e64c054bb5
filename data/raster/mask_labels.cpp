#include "data/raster/mask_labels.hpp"

#include <algorithm>

#include "data/mask_coding.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {
namespace {

constexpr std::size_t kMostNamed = 16;

std::string class_names(const ClassTable& classes) {
  std::vector<std::string> names;
  for (const ClassInfo& info : classes.classes()) {
    if (names.size() == kMostNamed) {
      names.emplace_back("...");
      break;
    }
    names.push_back(printable(info.name).str());
  }
  return join(names, ", ");
}

bool names_a_class(const std::vector<RasterCategory>& categories, const ClassTable& classes) {
  return std::ranges::any_of(categories, [&](const RasterCategory& category) {
    return !category.name.empty() && classes.find(category.name).has_value();
  });
}

/// The labels of the categories by `find`, kIgnoreByte for the rest.
template <class Find>
MaskLabels labels_by(const std::vector<RasterCategory>& categories, const Find& find) {
  MaskLabels labels;
  labels.label_of.fill(kIgnoreByte);
  for (const RasterCategory& category : categories) {
    if (category.value < 0 || category.value > kIgnoreByte) continue;
    if (const std::optional<Index> label = find(category)) {
      labels.label_of[static_cast<std::size_t>(category.value)] = static_cast<std::uint8_t>(*label);
    }
  }
  return labels;
}

MaskLabels labels_by_name(const std::vector<RasterCategory>& categories,
                          const ClassTable& classes) {
  return labels_by(categories, [&](const RasterCategory& c) { return classes.find(c.name); });
}

MaskLabels labels_by_color(const std::vector<RasterCategory>& categories,
                           const ClassTable& classes) {
  return labels_by(categories, [&](const RasterCategory& c) {
    return c.color ? classes.find(*c.color) : std::nullopt;
  });
}

/// The first value of the mask that has no label, apart from the ignored one.
std::optional<std::uint8_t> unlabelled(const MaskContents& mask, const MaskLabels& labels) {
  for (const std::uint8_t value : mask.values) {
    if (value != kIgnoreByte && labels.label_of[value] == kIgnoreByte) return value;
  }
  return std::nullopt;
}

std::string name_of_value(const MaskContents& mask, Index value) {
  for (const RasterCategory& category : mask.categories) {
    if (category.value == value && !category.name.empty()) {
      return fmt::format("{} ('{}')", value, printable(category.name));
    }
  }
  return fmt::format("{}, which its categories do not name", value);
}

MaskLabels labels_of_gray(const ClassTable& classes, GrayMasks gray) {
  MaskLabels labels;
  labels.label_of.fill(kIgnoreByte);
  for (int v = 0; v < 256; ++v) {
    const auto value = static_cast<std::uint8_t>(v);
    if (gray == GrayMasks::indices) {
      if (v < classes.size()) labels.label_of[value] = value;
    } else if (const auto label = classes.find(Rgb{value, value, value})) {
      labels.label_of[value] = static_cast<std::uint8_t>(*label);
    }
  }
  return labels;
}

}  // namespace

MaskDecision decide_mask_labels(std::span<const MaskContents> masks, const ClassTable& classes,
                                const std::string& table) {
  MaskDecision decision;
  decision.masks.resize(masks.size());
  decision.problems.resize(masks.size());
  std::vector<MaskValues> gray(masks.size());
  Index by_name = 0, by_color = 0;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    const MaskContents& mask = masks[i];
    MaskLabels& labels = decision.masks[i];
    if (mask.bands == 3) {
      labels.colors = true;
      gray[i].kind = MaskValues::Kind::colors;
      continue;
    }
    if (names_a_class(mask.categories, classes)) {
      labels = labels_by_name(mask.categories, classes);
      ++by_name;
      if (const auto value = unlabelled(mask, labels)) {
        decision.problems[i] =
            fmt::format("{}: holds the value {}, but the classes of {} are {}", mask.file,
                        name_of_value(mask, *value), table, class_names(classes));
      }
      continue;
    }
    labels = labels_by_color(mask.categories, classes);
    if (!mask.categories.empty() && !unlabelled(mask, labels)) {
      ++by_color;
      continue;
    }
    gray[i].kind = MaskValues::Kind::gray;
    for (const std::uint8_t value : mask.values) gray[i].found[value] = true;
  }
  const MaskCoding coding = decide_mask_coding(gray, classes);
  for (std::size_t i = 0; i < masks.size(); ++i) {
    if (gray[i].kind == MaskValues::Kind::gray) {
      decision.masks[i] = labels_of_gray(classes, coding.gray);
    }
    if (!coding.problems[i].empty()) {
      decision.problems[i] = fmt::format("{}: {}; the classes of {} are {}", masks[i].file,
                                         coding.problems[i], table, class_names(classes));
    }
  }
  std::vector<std::string> notes;
  if (by_name > 0)
    notes.push_back(fmt::format("{} masks whose categories name the classes", by_name));
  if (by_color > 0) {
    notes.push_back(
        fmt::format("{} masks whose colour tables have the classes' colours", by_color));
  }
  if (!coding.note.empty()) notes.push_back(coding.note);
  decision.note = join(notes, "; ");
  return decision;
}

ClassTable classes_of(const std::vector<RasterCategory>& categories, const std::string& file) {
  std::vector<ClassInfo> classes;
  for (const RasterCategory& category : categories) {
    if (category.name.empty()) continue;
    require(category.color.has_value(),
            "{}: names the class '{}' without a colour, and there is no class table: write "
            "class_dict.csv with the columns name,r,g,b",
            file, printable(category.name));
    classes.push_back({category.name, *category.color});
  }
  require(
      !classes.empty(),
      "{}: names no classes, and there is no class table: write class_dict.csv with the columns "
      "name,r,g,b beside it, or give the mask category names and a colour table",
      file);
  try {
    return ClassTable(std::move(classes));
  } catch (const Error& error) {
    fail("{}: {}", file, error.what());
  }
}

}  // namespace fpanet
