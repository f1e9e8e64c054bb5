#include "data/check_data.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "data/image_file.hpp"
#include "data/image_orientation.hpp"
#include "data/mask_coding.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/core/parallel.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

constexpr std::size_t kMostFiles = 5;

/// The contribution of one scene to the report.
struct SceneReport {
  std::string image_size;
  std::vector<DataReport::BadFile> bad;
  std::vector<Index> class_pixels;
  MaskCounts counts;
  PixelKinds pixels;
  std::map<Rgb, Index> stray;
  bool index_mask = false;
  bool turned = false;
};

/// Runs `check`. If it throws, adds an entry for `file`. Returns true if it did not throw.
template <class F>
bool attempt(SceneReport& finding, const std::filesystem::path& file, F&& check) {
  try {
    check();
    return true;
  } catch (const std::exception& error) {
    finding.bad.push_back({file.string(), error.what()});
    return false;
  }
}

/// The pixels of each colour that no class has.
std::map<Rgb, Index> stray_colors(const Image& mask, const ClassTable& classes) {
  std::map<Rgb, Index> stray;
  const auto color_at = [&](std::size_t i) {
    const std::uint8_t* pixel = mask.pixels.data() + 3 * i;
    return Rgb{pixel[0], pixel[1], pixel[2]};
  };
  const std::size_t size = mask.pixels.size() / 3;
  for (std::size_t begin = 0, end = 0; begin < size; begin = end) {
    const Rgb color = color_at(begin);
    for (end = begin + 1; end < size && color_at(end) == color; ++end) {
    }
    if (!classes.find(color)) stray[color] += static_cast<Index>(end - begin);
  }
  return stray;
}

void count_pixels(const Image& mask, const LabelMap& map, const ClassTable& classes,
                  SceneReport& finding) {
  finding.counts.add(map);
  for (const std::uint8_t label : map.labels.pixels) {
    if (label < classes.size()) ++finding.class_pixels[label];
  }
  if (mask.channels == 3) finding.stray = stray_colors(mask, classes);
}

/// How the masks of a report are labelled.
struct Labelling {
  const ClassTable& classes;
  MaskPolicy policy;
  GrayMasks gray;
};

/// `problem` is that of the mask in MaskCoding.
SceneReport check_scene(const ScenePaths& files, const Labelling& how, const std::string& problem) {
  SceneReport finding;
  finding.class_pixels.resize(static_cast<std::size_t>(how.classes.size()));
  Image image, mask;
  const bool image_ok = attempt(finding, files.image,
                                [&] { image = read_image(files.image, {.bands = std::nullopt}); });
  const bool mask_ok = attempt(finding, files.mask, [&] { mask = read_mask(files.mask); });
  if (image_ok) {
    finding.image_size = image.size_str();
    finding.pixels.add(image);
    finding.turned = turned_unseen(files.image, {image.height, image.width});
  }
  if (!mask_ok) return finding;
  finding.index_mask = mask.channels == 1 && how.gray == GrayMasks::indices;
  attempt(finding, files.mask, [&] {
    if (image_ok) {
      require_mask_fits(files, {image.height, image.width}, {mask.height, mask.width});
    }
    require(problem.empty(), "{}: {}", files.mask.string(), problem);
    try {
      count_pixels(mask, labels_from_mask(mask, how.classes, how.policy, how.gray), how.classes,
                   finding);
    } catch (const Error& error) {
      fail("{}: {}", files.mask.string(), error.what());
    }
  });
  return finding;
}

std::string names(const std::vector<std::string>& files) {
  return files.empty() ? "none" : fmt::format("{}: {}", files.size(), join(files, ", "));
}

std::string class_rows(const DataReport& report) {
  const Index total =
      std::accumulate(report.class_pixels.begin(), report.class_pixels.end(), Index{0});
  std::string text;
  for (Index i = 0; i < report.classes.size(); ++i) {
    const Index pixels = report.class_pixels[static_cast<std::size_t>(i)];
    text += fmt::format("  {:>3} {:<20} {:>14} {:>7.2f} %\n", i,
                        printable(report.classes.name(i)).str(), pixels, percent_of(pixels, total));
  }
  return text;
}

std::string stray_rows(const std::vector<DataReport::StrayColor>& stray) {
  constexpr std::size_t kMostColors = 20;
  std::string text = fmt::format("colours that no class has: {}\n", stray.size());
  for (std::size_t i = 0; i < std::min(stray.size(), kMostColors); ++i) {
    const DataReport::StrayColor& color = stray[i];
    text += fmt::format("  {},{},{}: {} pixels in {} masks: {}{}\n", color.color[0], color.color[1],
                        color.color[2], color.pixels, color.masks, join(color.files, ", "),
                        color.masks > std::ssize(color.files) ? ", ..." : "");
  }
  if (stray.size() > kMostColors)
    text += fmt::format("  and {} more\n", stray.size() - kMostColors);
  return text;
}

void add(DataReport& report, const ScenePaths& files, const SceneReport& finding,
         std::map<Rgb, DataReport::StrayColor>& stray) {
  if (!finding.image_size.empty()) ++report.sizes[finding.image_size];
  report.pixels.add(finding.pixels);
  report.bad.insert(report.bad.end(), finding.bad.begin(), finding.bad.end());
  report.index_masks += finding.index_mask ? 1 : 0;
  report.counts.add(finding.counts);
  if (finding.turned) report.turned.push_back(files.image.filename().string());
  for (std::size_t c = 0; c < finding.class_pixels.size(); ++c) {
    report.class_pixels[c] += finding.class_pixels[c];
  }
  for (const auto& [color, pixels] : finding.stray) {
    DataReport::StrayColor& entry = stray[color];
    entry.color = color;
    entry.pixels += pixels;
    ++entry.masks;
    if (entry.files.size() < kMostFiles) entry.files.push_back(files.mask.filename().string());
  }
}

}  // namespace

std::vector<std::string> DataReport::problems() const {
  std::vector<std::string> problems;
  if (!class_table_problem.empty()) problems.push_back("there is no usable class table");
  if (scan.scenes.empty()) problems.push_back("there is no scene");
  if (!scan.problems(policy).empty()) problems.push_back("files do not fit together");
  if (!bad.empty()) problems.push_back(fmt::format("{} bad files", bad.size()));
  if (const std::string mixed = pixels.problem(); !mixed.empty()) problems.push_back(mixed);
  const std::string nothing = nothing_to_learn(counts);
  if (class_table_problem.empty() && !nothing.empty()) {
    problems.push_back(nothing);
  } else if (class_table_problem.empty() && mostly_unmatched(counts, policy)) {
    problems.push_back(fmt::format("{:.1f} % of the mask pixels have a colour that no class has",
                                   percent_of(counts.unmatched_pixels, counts.pixels)));
  }
  return problems;
}

std::string DataReport::str() const {
  std::string text = fmt::format("scenes: {}\n", scan.scenes.size());
  text += fmt::format("images without a mask: {}\n", names(scan.images_without_mask));
  text += fmt::format("masks without an image: {}\n", names(scan.masks_without_image));
  if (const std::string unfit = scan.problems(policy); !unfit.empty()) {
    text += fmt::format("files that do not fit together:{}\n", unfit);
  }
  text += "sizes:";
  for (const auto& [size, count] : sizes) text += fmt::format(" {} ({})", size, count);
  text += "\n" + pixels.str();
  text += fmt::format("index masks: {}\n", index_masks);
  if (!mask_note.empty()) text += mask_note + "\n";
  if (class_table_problem.empty()) {
    text += fmt::format("classes: {}, with pixels\n{}", classes.size(), class_rows(*this));
  } else {
    text += fmt::format("class table: {}\n", class_table_problem);
  }
  text += stray_rows(stray);
  for (const std::string& warning : mask_warnings(counts, policy)) {
    text += fmt::format("warning: {}\n", warning);
  }
  if (!turned.empty()) text += fmt::format("warning: {}\n", turned_warning(turned));
  text += fmt::format("bad files: {}\n", bad.size());
  for (const BadFile& file : bad) text += fmt::format("  {}\n", file.problem);
  const std::vector<std::string> against = problems();
  return text + (against.empty()
                     ? "usable for training\n"
                     : fmt::format("not usable for training: {}\n", join(against, "; ")));
}

DataReport check_data(const std::filesystem::path& dir, int threads, MaskPolicy policy) {
  DataReport report;
  report.policy = policy;
  report.scan = scan_folder(dir);
  const std::vector<ScenePaths>& scenes = report.scan.scenes;
  MaskCoding coding{.gray = {}, .gray_masks = 0, .problems = {}, .note = {}};
  coding.problems.resize(scenes.size());
  try {
    report.classes = ClassTable::read(find_class_table(dir));
    coding = find_mask_coding(masks_of(scenes), report.classes, threads);
  } catch (const Error& error) {
    report.class_table_problem = error.what();
  }
  report.mask_note = coding.note;

  std::vector<SceneReport> findings(scenes.size());
  parallel_for(Cpu{threads}, static_cast<Index>(findings.size()), [&](Index i) {
    const auto scene = static_cast<std::size_t>(i);
    findings[scene] =
        check_scene(scenes[scene], {report.classes, policy, coding.gray}, coding.problems[scene]);
  });

  report.class_pixels.resize(static_cast<std::size_t>(report.classes.size()));
  std::map<Rgb, DataReport::StrayColor> stray;
  for (std::size_t i = 0; i < scenes.size(); ++i) add(report, scenes[i], findings[i], stray);
  for (const auto& [color, entry] : stray) report.stray.push_back(entry);
  std::stable_sort(report.stray.begin(), report.stray.end(),
                   [](const auto& a, const auto& b) { return a.pixels > b.pixels; });
  return report;
}

}  // namespace fpanet
