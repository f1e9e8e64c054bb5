#include "data/check_data.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "data/image_file.hpp"
#include "data/mask.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/core/parallel.hpp"

namespace fpanet {

namespace {

/// The contribution of one scene to the report.
struct Finding {
  std::string image_size;
  std::vector<DataReport::BadFile> bad;
  std::vector<Index> class_pixels;
  std::map<Rgb, Index> stray;
  bool index_mask = false;
};

/// Runs `check`. If it throws, adds an entry for `file`. Returns true if it did not throw.
template <class F>
bool attempt(Finding& finding, const std::filesystem::path& file, F&& check) {
  try {
    check();
    return true;
  } catch (const std::exception& error) {
    finding.bad.push_back({file.string(), error.what()});
    return false;
  }
}

void count_pixels(const Image& mask, const ClassTable& classes, Finding& finding) {
  const LabelMap map = labels_from_mask(mask, classes, MaskPolicy::ignore);
  for (std::size_t i = 0; i < map.labels.pixels.size(); ++i) {
    const std::uint8_t label = map.labels.pixels[i];
    if (label < classes.size()) {
      ++finding.class_pixels[label];
    } else if (mask.channels == 3) {
      const std::uint8_t* pixel = mask.pixels.data() + 3 * i;
      ++finding.stray[{pixel[0], pixel[1], pixel[2]}];
    }
  }
}

Finding check_scene(const ScenePaths& files, const ClassTable& classes) {
  Finding finding;
  finding.class_pixels.resize(static_cast<std::size_t>(classes.size()));
  Image image, mask;
  const bool image_ok = attempt(finding, files.image, [&] { image = read_image(files.image); });
  const bool mask_ok = attempt(finding, files.mask, [&] { mask = read_mask(files.mask); });
  if (image_ok) finding.image_size = image.size_str();
  if (!mask_ok) return finding;
  finding.index_mask = mask.channels == 1;
  attempt(finding, files.mask, [&] {
    if (image_ok) {
      require_mask_fits(files, {image.height, image.width}, {mask.height, mask.width});
    }
    count_pixels(mask, classes, finding);
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
    const double percent =
        total == 0 ? 0.0 : 100.0 * static_cast<double>(pixels) / static_cast<double>(total);
    text += fmt::format("  {:>3} {:<20} {:>14} {:>7.2f} %\n", i, report.classes.name(i), pixels,
                        percent);
  }
  return text;
}

}  // namespace

bool DataReport::usable() const {
  return class_table_problem.empty() && scan.images_without_mask.empty() &&
         scan.masks_without_image.empty() && bad.empty() && !scan.scenes.empty();
}

std::string DataReport::str() const {
  constexpr std::size_t kMostColors = 20;
  std::string text = fmt::format("scenes: {}\n", scan.scenes.size());
  text += fmt::format("images without a mask: {}\n", names(scan.images_without_mask));
  text += fmt::format("masks without an image: {}\n", names(scan.masks_without_image));
  text += "sizes:";
  for (const auto& [size, count] : sizes) text += fmt::format(" {} ({})", size, count);
  text += fmt::format("\nindex masks: {}\n", index_masks);
  if (class_table_problem.empty()) {
    text += fmt::format("classes: {}, with pixels\n{}", classes.size(), class_rows(*this));
  } else {
    text += fmt::format("class table: {}\n", class_table_problem);
  }
  text += fmt::format("colours that no class has: {}\n", stray.size());
  for (std::size_t i = 0; i < std::min(stray.size(), kMostColors); ++i) {
    text += fmt::format("  {},{},{}: {} pixels in {} masks\n", stray[i].color[0], stray[i].color[1],
                        stray[i].color[2], stray[i].pixels, stray[i].masks);
  }
  if (stray.size() > kMostColors)
    text += fmt::format("  and {} more\n", stray.size() - kMostColors);
  text += fmt::format("bad files: {}\n", bad.size());
  for (const BadFile& file : bad) text += fmt::format("  {}\n", file.problem);
  text += usable() ? "usable for training\n" : "not usable for training\n";
  return text;
}

DataReport check_data(const std::filesystem::path& dir, int threads) {
  DataReport report;
  report.scan = scan_folder(dir);
  try {
    report.classes = ClassTable::read(find_class_table(dir));
  } catch (const Error& error) {
    report.class_table_problem = error.what();
  }

  std::vector<Finding> findings(report.scan.scenes.size());
  parallel_for(Cpu{threads}, static_cast<Index>(findings.size()), [&](Index i) {
    const auto scene = static_cast<std::size_t>(i);
    findings[scene] = check_scene(report.scan.scenes[scene], report.classes);
  });

  report.class_pixels.resize(static_cast<std::size_t>(report.classes.size()));
  std::map<Rgb, DataReport::StrayColor> stray;
  for (const Finding& finding : findings) {
    if (!finding.image_size.empty()) ++report.sizes[finding.image_size];
    report.bad.insert(report.bad.end(), finding.bad.begin(), finding.bad.end());
    report.index_masks += finding.index_mask ? 1 : 0;
    for (std::size_t c = 0; c < finding.class_pixels.size(); ++c) {
      report.class_pixels[c] += finding.class_pixels[c];
    }
    for (const auto& [color, pixels] : finding.stray) {
      DataReport::StrayColor& entry = stray[color];
      entry = {color, entry.pixels + pixels, entry.masks + 1};
    }
  }
  for (const auto& [color, entry] : stray) report.stray.push_back(entry);
  std::stable_sort(report.stray.begin(), report.stray.end(),
                   [](const auto& a, const auto& b) { return a.pixels > b.pixels; });
  return report;
}

}  // namespace fpanet
