#include "data/raster/categories.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "data/raster/gdal.hpp"
#include "data/raster/raster.hpp"

namespace fpanet {

using namespace gdal;

namespace {

/// The columns of an attribute table that tell about a class; -1 for those that it lacks.
struct TableColumns {
  int value = -1, name = -1;
  std::array<int, 3> color{-1, -1, -1};
};

TableColumns columns_of(GDALRasterAttributeTableH table) {
  TableColumns columns;
  for (int c = 0; c < GDALRATGetColumnCount(table); ++c) {
    switch (GDALRATGetUsageOfCol(table, c)) {
      case GFU_MinMax:
      case GFU_Min:
        columns.value = c;
        break;
      case GFU_Name:
        columns.name = c;
        break;
      case GFU_Red:
        columns.color[0] = c;
        break;
      case GFU_Green:
        columns.color[1] = c;
        break;
      case GFU_Blue:
        columns.color[2] = c;
        break;
      default:
        break;
    }
  }
  return columns;
}

std::uint8_t color_value(int value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

using Categories = std::map<Index, RasterCategory>;

void add_table(GDALRasterAttributeTableH table, Categories& all) {
  const TableColumns columns = columns_of(table);
  if (columns.value < 0) return;
  const bool colored = std::ranges::all_of(columns.color, [](int c) { return c >= 0; });
  for (int row = 0; row < GDALRATGetRowCount(table); ++row) {
    RasterCategory category{
        .value = GDALRATGetValueAsInt(table, row, columns.value), .name = {}, .color = {}};
    if (columns.name >= 0) category.name = GDALRATGetValueAsString(table, row, columns.name);
    if (colored) {
      Rgb color{};
      for (std::size_t c = 0; c < color.size(); ++c) {
        color[c] = color_value(GDALRATGetValueAsInt(table, row, columns.color[c]));
      }
      category.color = color;
    }
    all.emplace(category.value, category);
  }
}

void add_names(GDALRasterBandH band, Categories& all) {
  char** const names = GDALGetRasterCategoryNames(band);
  for (int i = 0; i < CSLCount(names); ++i) {
    RasterCategory& category = all[i];
    category.value = i;
    if (category.name.empty()) category.name = names[i];
  }
}

void add_colors(GDALRasterBandH band, Categories& all) {
  const GDALColorTableH table = GDALGetRasterColorTable(band);
  if (table == nullptr) return;
  for (int i = 0; i < GDALGetColorEntryCount(table); ++i) {
    GDALColorEntry entry{};
    GDALGetColorEntryAsRGB(table, i, &entry);
    RasterCategory& category = all[i];
    category.value = i;
    if (!category.color) {
      category.color = Rgb{color_value(entry.c1), color_value(entry.c2), color_value(entry.c3)};
    }
  }
}

}  // namespace

std::vector<RasterCategory> raster_categories(const std::filesystem::path& file) {
  require_gdal(file.string());
  gdal::start();
  const gdal::Errors errors;
  const gdal::DatasetPtr dataset(
      GDALOpenEx(file.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY, nullptr, nullptr, nullptr));
  errors.check(dataset != nullptr, file.string(), "open the raster");
  if (GDALGetRasterCount(dataset.get()) == 0) return {};
  const GDALRasterBandH band = GDALGetRasterBand(dataset.get(), 1);
  Categories all;
  if (const GDALRasterAttributeTableH table = GDALGetDefaultRAT(band)) add_table(table, all);
  add_names(band, all);
  add_colors(band, all);
  std::vector<RasterCategory> categories;
  for (const auto& [value, category] : all) categories.push_back(category);
  return categories;
}

}  // namespace fpanet
