#include "data/raster/raster_pairs.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "data/csv.hpp"
#include "data/file_bytes.hpp"
#include "data/file_name.hpp"
#include "data/image_format.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/core/parse_number.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kImageEnd = "_sat", kMaskEnd = "_mask";
constexpr const char* kClassTableName = "class_dict.csv";
/// Suffixes of files that lie beside rasters and are none.
constexpr std::array<std::string_view, 11> kBeside{".xml", ".ovr", ".msk", ".tfw", ".csv", ".txt",
                                                   ".aux", ".hdr", ".prj", ".wld", ".json"};

/// The id of a file ID_sat.* or ID_mask.*; empty of others.
std::string id_of(const fs::path& file, std::string_view end) {
  const std::string stem = file.stem().string();
  if (stem.starts_with('.') || !stem.ends_with(end)) return {};
  const std::string suffix = lower_suffix(file);
  if (suffix.empty() || std::ranges::find(kBeside, suffix) != kBeside.end()) return {};
  return stem.substr(0, stem.size() - end.size());
}

bool is_picture_file(const fs::path& file) {
  const ImageFormat* const format = find_format(file);
  return format != nullptr && format->picture;
}

std::vector<fs::path> files_in(const fs::path& dir) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
    if (!it->is_directory()) files.push_back(it->path());
  }
  require(!error, "{}: cannot be listed: {}", dir.string(), error.message());
  std::ranges::sort(files, {}, [](const fs::path& file) { return file.filename().native(); });
  return files;
}

std::optional<fs::path> class_table_near(const fs::path& dir) {
  const fs::path absolute = fs::absolute(dir);
  for (const fs::path& file :
       {dir / kClassTableName, (absolute / ".." / kClassTableName).lexically_normal()}) {
    if (fs::exists(file)) return file;
  }
  return std::nullopt;
}

RasterPairs pairs_of_folder(const fs::path& dir) {
  std::map<std::string, fs::path> images, masks;
  const auto add = [&](std::map<std::string, fs::path>& files, const std::string& id,
                       const fs::path& file) {
    require(is_utf8(id), "{}: the file name '{}' is not UTF-8 text; rename the file", dir.string(),
            printable(file.filename().string()));
    const auto [other, is_new] = files.emplace(id, file);
    require(is_new, "{}: the id '{}' has two files: {} and {}", dir.string(), id,
            other->second.filename().string(), file.filename().string());
  };
  for (const fs::path& file : files_in(dir)) {
    if (const std::string id = id_of(file, kImageEnd); !id.empty()) add(images, id, file);
    if (const std::string id = id_of(file, kMaskEnd); !id.empty()) add(masks, id, file);
  }
  RasterPairs found{.source = dir.string(), .pairs = {}, .class_table = class_table_near(dir)};
  std::string problems;
  for (const auto& [id, file] : images) {
    const auto mask = masks.find(id);
    if (mask == masks.end()) {
      problems +=
          fmt::format("\n  {} has no mask {}{}.tif", file.filename().string(), id, kMaskEnd);
      continue;
    }
    found.pairs.push_back({.id = id, .image = file, .mask = mask->second});
    masks.erase(mask);
  }
  for (const auto& [id, file] : masks) {
    problems +=
        fmt::format("\n  {} has no image {}{}.tif", file.filename().string(), id, kImageEnd);
  }
  require(problems.empty(), "{}: rasters and masks that do not fit together:{}", dir.string(),
          problems);
  require(!found.pairs.empty(), "{}: holds no pair of rasters ID{}.tif and ID{}.tif", dir.string(),
          kImageEnd, kMaskEnd);
  return found;
}

/// A list, with the cells of the columns that it has.
class RasterList {
 public:
  explicit RasterList(const fs::path& file) : file_(file) {
    const std::vector<std::uint8_t> bytes = read_file_bytes(file);
    rows_ = parse_csv({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.string());
    require(!rows_.empty(), "{}: is empty; expected a list with the columns image,mask",
            file.string());
    for (std::size_t c = 0; c < rows_.front().cells.size(); ++c) {
      column_.emplace(rows_.front().cells[c], c);
    }
    for (const char* const needed : {"image", "mask"}) {
      require(column_.contains(needed),
              "{}: has no column '{}'; a list of rasters has the columns "
              "image,mask and may have split, group, id and row,column,height,width",
              file.string(), needed);
    }
    const std::array<const char*, 4> sides{"row", "column", "height", "width"};
    const auto present =
        std::ranges::count_if(sides, [&](const char* c) { return column_.contains(c); });
    require(present == 0 || present == 4,
            "{}: has some of the columns row, column, height, width; a window needs all four",
            file.string());
  }

  RasterPairs pairs() const {
    const fs::path dir = file_.parent_path().empty() ? fs::path(".") : file_.parent_path();
    RasterPairs found{.source = file_.string(), .pairs = {}, .class_table = class_table_near(dir)};
    std::string problems;
    std::map<std::string, Index> line_of;
    for (const CsvRow& row : std::span(rows_).subspan(1)) {
      std::string problem;
      RasterPair pair = pair_of(row, dir, problem);
      const auto [other, is_new] = line_of.emplace(pair.id, row.line);
      if (problem.empty() && !is_new) {
        problem = fmt::format("the id '{}' is that of line {}; name both in a column id",
                              printable(pair.id), other->second);
      }
      if (!problem.empty()) {
        problems += fmt::format("\n  line {}: {}", row.line, problem);
      } else {
        found.pairs.push_back(std::move(pair));
      }
    }
    require(problems.empty(), "{}:{}", file_.string(), problems);
    require(!found.pairs.empty(), "{}: lists no raster", file_.string());
    return found;
  }

 private:
  std::string cell(const CsvRow& row, const char* column) const {
    const auto found = column_.find(column);
    return found == column_.end() || found->second >= row.cells.size() ? std::string()
                                                                       : row.cells[found->second];
  }

  std::optional<Window> window_of(const CsvRow& row, std::string& problem) const {
    if (!column_.contains("row")) return std::nullopt;
    Window window;
    bool any = false;
    for (const auto& [name, side] :
         {std::pair{"row", &window.top}, std::pair{"column", &window.left},
          std::pair{"height", &window.height}, std::pair{"width", &window.width}}) {
      const std::string text = cell(row, name);
      any = any || !text.empty();
      const auto number = parse_number<Index>(text);
      *side = number.value_or(0);
      if (!number && problem.empty()) {
        problem = fmt::format("{} '{}' is not a number of pixels", name, printable(text));
      }
    }
    if (!any) {
      problem.clear();
      return std::nullopt;
    }
    const bool fits = window.top >= 0 && window.left >= 0 && window.height > 0 && window.width > 0;
    if (problem.empty() && !fits) {
      problem = fmt::format("the window of {}x{} at row {}, column {} is none", window.height,
                            window.width, window.top, window.left);
    }
    return window;
  }

  RasterPair pair_of(const CsvRow& row, const fs::path& dir, std::string& problem) const {
    RasterPair pair;
    const auto file = [&](const char* column) -> fs::path {
      const std::string text = cell(row, column);
      if (text.empty()) problem = fmt::format("{} is empty", column);
      return text.starts_with("/vsi") ? fs::path(text) : dir / text;
    };
    pair.window = window_of(row, problem);
    pair.image = file("image");
    pair.mask = file("mask");
    pair.part = cell(row, "split");
    const bool is_part = pair.part == "train" || pair.part == "val" || pair.part == "test";
    if (column_.contains("split") && !is_part) {
      problem = fmt::format("'{}' is neither train, val nor test", printable(pair.part));
    }
    pair.group = cell(row, "group");
    pair.id = cell(row, "id");
    if (!pair.id.empty()) return pair;
    pair.id = pair.image.stem().string();
    if (pair.id.ends_with(kImageEnd)) pair.id.resize(pair.id.size() - kImageEnd.size());
    if (pair.window) pair.id += fmt::format("_{}_{}", pair.window->top, pair.window->left);
    return pair;
  }

  fs::path file_;
  std::vector<CsvRow> rows_;
  std::map<std::string, std::size_t> column_;
};

}  // namespace

bool is_raster_data(const fs::path& data) {
  std::error_code error;
  if (!fs::is_directory(data, error)) {
    return fs::is_regular_file(data, error) && lower_suffix(data) == ".csv";
  }
  bool rasters = false;
  for (fs::directory_iterator it(data, error), end; !error && it != end; it.increment(error)) {
    if (it->is_directory(error) || id_of(it->path(), kImageEnd).empty()) continue;
    if (is_picture_file(it->path())) return false;
    rasters = true;
  }
  return rasters;
}

RasterPairs find_raster_pairs(const fs::path& data) {
  return fs::is_directory(data) ? pairs_of_folder(data) : RasterList(data).pairs();
}

}  // namespace fpanet
