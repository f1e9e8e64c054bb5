#include "data/check_rasters.hpp"

#include <array>
#include <map>
#include <numeric>

#include "data/raster_dataset.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {
namespace {

constexpr ImageSize kCountedAtOnce{512, 512};

std::string pixel_str(const RasterInfo& info) {
  const auto metres = metres_per_pixel(info.georeference, info.height, info.width);
  return metres ? fmt::format("{:.3g} m x {:.3g} m", (*metres)[0], (*metres)[1])
                : "of unknown size";
}

std::string counted(const std::map<std::string, Index>& kinds) {
  std::string text;
  for (const auto& [kind, count] : kinds) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", kind, count);
  }
  return text;
}

std::string picture_lines(const RasterDataset& data) {
  std::map<std::string, Index> sizes, pixels, bands, systems;
  for (Index i = 0; i < data.pictures(); ++i) {
    const RasterInfo& info = data.info(i);
    ++sizes[fmt::format("{}x{}", data.region(i).height, data.region(i).width)];
    ++pixels[pixel_str(info)];
    ++bands[fmt::format("{} {} of {}", info.bands, info.bands == 1 ? "band" : "bands",
                        name_of(info.type))];
    ++systems[crs_name(info.georeference.crs)];
  }
  return fmt::format("sizes: {}\npixels: {}\nbands: {}\ncoordinate reference systems: {}\n",
                     counted(sizes), counted(pixels), counted(bands), counted(systems));
}

std::string class_lines(const RasterDataset& data, std::vector<Index> pixels) {
  const Index total = std::accumulate(pixels.begin(), pixels.end(), Index{0});
  std::string text = fmt::format("classes: {}, with pixels\n", data.classes().size());
  for (Index label = 0; label < data.classes().size(); ++label) {
    const Index count = pixels[static_cast<std::size_t>(label)];
    text +=
        fmt::format("  {:>3} {:<20} {:>14} {:>7.2f} %\n", label,
                    printable(data.classes().name(label)).str(), count, percent_of(count, total));
  }
  return text;
}

/// What stands against training; one sentence each.
std::vector<std::string> problems_of(const RasterDataset& data, const MaskCounts& counts,
                                     MaskPolicy policy) {
  std::vector<std::string> problems;
  std::map<std::string, Index> types;
  for (Index i = 0; i < data.pictures(); ++i) ++types[std::string(name_of(data.info(i).type))];
  if (types.size() > 1) {
    problems.push_back("rasters differ in their sample type: " + counted(types));
  }
  const std::string nothing = nothing_to_learn(counts);
  if (!nothing.empty()) {
    problems.push_back(nothing);
  } else if (mostly_unmatched(counts, policy)) {
    problems.push_back(fmt::format("{:.1f} % of the mask pixels have a colour that no class has",
                                   percent_of(counts.unmatched_pixels, counts.pixels)));
  }
  return problems;
}

std::string split_lines(const RasterDataset& data) {
  try {
    const Split split = data.usual_split();
    std::string text = fmt::format("{}: {} to train, {} to validate, {} to test\n",
                                   data.has_split() ? "the list's split" : "split by ground",
                                   split.train.size(), split.val.size(), split.test.size());
    for (const std::string& line : data.judge_split(split)) text += "warning: " + line + "\n";
    return text;
  } catch (const Error& error) {
    return fmt::format("warning: {}\n", error.what());
  }
}

}  // namespace

RasterReport check_rasters(const std::filesystem::path& data, MaskPolicy policy) {
  require_gdal(data.string());
  try {
    const RasterDataset dataset(
        data, {.size = kCountedAtOnce, .bands = Bands::first(1), .mask_policy = policy});
    MaskCounts counts;
    std::vector<Index> pixels(static_cast<std::size_t>(dataset.classes().size()));
    for (Index scene = 0; scene < dataset.size(); ++scene) {
      const SceneFacts& facts = *dataset.facts(scene);
      counts.add(facts.counts);
      for (std::size_t c = 0; c < pixels.size(); ++c) pixels[c] += facts.class_pixels[c];
    }
    std::string text = fmt::format("rasters: {}\n", dataset.pictures()) + picture_lines(dataset);
    if (!dataset.mask_note().empty()) text += dataset.mask_note() + "\n";
    text += class_lines(dataset, pixels);
    for (const std::string& warning : mask_warnings(counts, policy))
      text += "warning: " + warning + "\n";
    text += split_lines(dataset);
    const std::vector<std::string> problems = problems_of(dataset, counts, policy);
    text += problems.empty() ? "usable for training\n"
                             : "not usable for training: " + join(problems, "; ") + "\n";
    return {text, problems.empty()};
  } catch (const Error& error) {
    return {fmt::format("not usable for training: {}\n", error.what()), false};
  }
}

}  // namespace fpanet
