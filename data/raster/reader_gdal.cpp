#include <algorithm>
#include <cmath>
#include <cstring>

#include "data/bands.hpp"
#include "data/raster/gdal.hpp"
#include "data/raster/raster.hpp"

namespace fpanet {

using namespace gdal;

namespace {

/// The type in which samples of GDAL's type are read; throws Error for complex ones.
DType read_type(GDALDataType type, const std::string& name) {
  require(GDALDataTypeIsComplex(type) == 0,
          "{}: has complex samples ({}); write their magnitude to a file of its own", name,
          GDALGetDataTypeName(type));
  switch (type) {
    case GDT_Byte:
      return DType::u8;
    case GDT_UInt16:
      return DType::u16;
    case GDT_Int16:
      return DType::i16;
    default:
      return DType::f32;
  }
}

std::string wkt_of(OGRSpatialReferenceH reference) {
  if (reference == nullptr) return {};
  char* text = nullptr;
  const auto wkt2 = gdal::options({"FORMAT=WKT2_2018"});
  const bool ok = OSRExportToWktEx(reference, &text, wkt2.get()) == OGRERR_NONE && text != nullptr;
  std::string wkt = ok ? text : "";
  VSIFree(text);
  return wkt;
}

Georeference georeference_of(GDALDatasetH dataset) {
  Georeference place;
  place.crs = wkt_of(GDALGetSpatialRef(dataset));
  std::array<double, 6> transform{};
  if (GDALGetGeoTransform(dataset, transform.data()) == CE_None) place.transform = transform;
  const GDAL_GCP* const points = GDALGetGCPs(dataset);
  for (int i = 0; i < GDALGetGCPCount(dataset); ++i) {
    const GDAL_GCP& p = points[i];
    place.points.push_back(
        {p.pszId, p.pszInfo, p.dfGCPPixel, p.dfGCPLine, p.dfGCPX, p.dfGCPY, p.dfGCPZ});
  }
  if (!place.points.empty()) place.points_crs = wkt_of(GDALGetGCPSpatialRef(dataset));
  return place;
}

/// What to say of a file without bands: it may hold several rasters.
std::string without_bands(GDALDatasetH dataset) {
  char** const listed = GDALGetMetadata(dataset, "SUBDATASETS");
  const char* const first = CSLFetchNameValue(listed, "SUBDATASET_1_NAME");
  return first == nullptr ? std::string("it holds no picture")
                          : fmt::format("it holds {} rasters; name one of them, such as {}",
                                        CSLCount(listed) / 2, first);
}

class GdalReader : public RasterReader {
 public:
  GdalReader(const std::filesystem::path& file, const RasterOptions& options)
      : nodata_(options.nodata), labels_(options.labels) {
    require_gdal(file.string());
    gdal::start();
    const gdal::Errors errors;
    info_.name = file.string();
    dataset_.reset(GDALOpenEx(file.c_str(),
                              GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR, nullptr,
                              nullptr, nullptr));
    errors.check(dataset_ != nullptr, info_.name, "open the raster");
    info_.height = GDALGetRasterYSize(dataset_.get());
    info_.width = GDALGetRasterXSize(dataset_.get());
    const int count = GDALGetRasterCount(dataset_.get());
    require(count > 0 && info_.height > 0 && info_.width > 0, "{}: has no bands: {}", info_.name,
            without_bands(dataset_.get()));
    info_.georeference = georeference_of(dataset_.get());
    find_bands(options);
    int has_nodata = 0;
    const double declared = GDALGetRasterNoDataValue(band(1), &has_nodata);
    if (has_nodata != 0) info_.nodata = declared;
    if (nodata_) info_.nodata = nodata_;
    info_.has_gaps =
        info_.alpha || info_.nodata || (GDALGetMaskFlags(band(all_.front())) & GMF_ALL_VALID) == 0;
  }

  const RasterInfo& info() const override { return info_; }

  RasterPatch read(const SourceWindow& window, Index height, Index width) override {
    const bool fewer =
        static_cast<double>(height) < window.height || static_cast<double>(width) < window.width;
    const GDALRIOResampleAlg how = labels_ || !palette_.empty() ? GRIORA_NearestNeighbour
                                   : fewer                      ? GRIORA_Average
                                                                : GRIORA_Bilinear;
    const auto channels = static_cast<Index>(bands_.size());
    Image pixels(height, width, channels, read_as_);
    transfer(window, pixels, bands_, how);
    RasterPatch patch{.pixels = std::move(pixels), .valid = valid(window, height, width)};
    patch.pixels.nodata = info_.nodata;
    if (!palette_.empty()) patch.pixels = in_colours(patch.pixels);
    return patch;
  }

  std::vector<std::uint8_t> read_valid(const Window& window) override {
    return valid({static_cast<double>(window.top), static_cast<double>(window.left),
                  static_cast<double>(window.height), static_cast<double>(window.width)},
                 window.height, window.width);
  }

 private:
  GDALRasterBandH band(int number) const { return GDALGetRasterBand(dataset_.get(), number); }

  void find_bands(const RasterOptions& options) {
    const int count = GDALGetRasterCount(dataset_.get());
    find_palette(count);
    const Index readable = palette_.empty() ? count : 3;
    for (const Index wanted : options.bands) {
      if (wanted < 1 || wanted > readable) {
        throw TooFewBands(fmt::format("{}: band {} is wanted, but the raster has {}", info_.name,
                                      wanted, readable == 1 ? "one" : fmt::format("{}", readable)));
      }
      bands_.push_back(static_cast<int>(wanted));
    }
    if (!palette_.empty()) {
      colors_ = bands_.empty() ? std::vector<int>{1, 2, 3} : bands_;
      all_ = bands_ = {1};
      info_.bands = 3;
      return;
    }
    for (int number = 1; number <= count; ++number) {
      if (GDALGetRasterColorInterpretation(band(number)) == GCI_AlphaBand) {
        if (std::ranges::find(bands_, number) == bands_.end()) info_.alpha = number;
      } else {
        all_.push_back(number);
      }
    }
    if (all_.empty()) all_.push_back(1);  // nothing but alpha: a picture in gray
    if (info_.alpha && all_.front() == *info_.alpha) info_.alpha.reset();
    if (bands_.empty()) bands_ = all_;
    info_.bands = static_cast<Index>(all_.size());
    GDALDataType type = GDALGetRasterDataType(band(bands_.front()));
    for (const int number : bands_) {
      type = GDALDataTypeUnion(type, GDALGetRasterDataType(band(number)));
      const char* const kind = GDALGetMetadataItem(band(number), "PIXELTYPE", "IMAGE_STRUCTURE");
      require(kind == nullptr || std::strcmp(kind, "SIGNEDBYTE") != 0,
              "{}: has signed bytes; convert it with gdal_translate -ot Int16", info_.name);
    }
    info_.type = read_as_ = read_type(type, info_.name);
  }

  /// A single band of colour indices is read as red, green and blue.
  void find_palette(int count) {
    if (labels_ || count != 1 || GDALGetRasterDataType(band(1)) != GDT_Byte) return;
    const GDALColorTableH table = GDALGetRasterColorTable(band(1));
    if (table == nullptr || GDALGetRasterColorInterpretation(band(1)) != GCI_PaletteIndex) return;
    palette_.resize(256);
    for (int i = 0; i < std::min(256, GDALGetColorEntryCount(table)); ++i) {
      GDALColorEntry entry{};
      GDALGetColorEntryAsRGB(table, i, &entry);
      palette_[static_cast<std::size_t>(i)] = {static_cast<std::uint8_t>(entry.c1),
                                               static_cast<std::uint8_t>(entry.c2),
                                               static_cast<std::uint8_t>(entry.c3)};
    }
  }

  Image in_colours(const Image& indices) const {
    Image colours(indices.height, indices.width, static_cast<Index>(colors_.size()));
    std::uint8_t* to = colours.pixels.data();
    for (const std::uint8_t index : indices.pixels) {
      for (const int number : colors_)
        *to++ = palette_[index][static_cast<std::size_t>(number - 1)];
    }
    return colours;
  }

  /// The smallest window of whole pixels around `window`, and `window` exactly for resampling.
  struct Extent {
    int x, y, width, height;
    GDALRasterIOExtraArg extra;
  };
  Extent extent(const SourceWindow& window, GDALRIOResampleAlg how) const {
    require(window.top >= 0 && window.left >= 0 && window.height > 0 && window.width > 0 &&
                window.top + window.height <= static_cast<double>(info_.height) + 1e-6 &&
                window.left + window.width <= static_cast<double>(info_.width) + 1e-6,
            "{}: a window of {}x{} at row {}, column {} is not inside the raster of {}x{}",
            info_.name, window.height, window.width, window.top, window.left, info_.height,
            info_.width);
    Extent all{};
    all.x = static_cast<int>(window.left);
    all.y = static_cast<int>(window.top);
    const auto last = [](double end, Index size) {
      return static_cast<int>(std::min(std::ceil(end - 1e-9), static_cast<double>(size)));
    };
    all.width = std::max(1, last(window.left + window.width, info_.width) - all.x);
    all.height = std::max(1, last(window.top + window.height, info_.height) - all.y);
    INIT_RASTERIO_EXTRA_ARG(all.extra);
    all.extra.eResampleAlg = how;
    all.extra.bFloatingPointWindowValidity = TRUE;
    all.extra.dfXOff = window.left;
    all.extra.dfYOff = window.top;
    all.extra.dfXSize = std::min(window.width, static_cast<double>(info_.width) - window.left);
    all.extra.dfYSize = std::min(window.height, static_cast<double>(info_.height) - window.top);
    return all;
  }

  void transfer(const SourceWindow& window, Image& to, std::vector<int>& numbers,
                GDALRIOResampleAlg how) {
    const gdal::Errors errors;
    Extent from = extent(window, how);
    const CPLErr result = GDALDatasetRasterIOEx(
        dataset_.get(), GF_Read, from.x, from.y, from.width, from.height, to.pixels.data(),
        static_cast<int>(to.width), static_cast<int>(to.height), gdal::type_of(to.type),
        static_cast<int>(numbers.size()), numbers.data(), to.pixel_bytes(), to.row_bytes(),
        static_cast<GSpacing>(size_of(to.type)), &from.extra);
    errors.check(result == CE_None, info_.name, "read the raster");
  }

  /// Marks in `valid` the pixels where a mask band of GDAL is not 0.
  void add_mask(GDALRasterBandH mask, const SourceWindow& window, Index height, Index width,
                std::vector<std::uint8_t>& valid) {
    const gdal::Errors errors;
    Extent from = extent(window, GRIORA_NearestNeighbour);
    mask_.resize(valid.size());
    const CPLErr result = GDALRasterIOEx(mask, GF_Read, from.x, from.y, from.width, from.height,
                                         mask_.data(), static_cast<int>(width),
                                         static_cast<int>(height), GDT_Byte, 0, 0, &from.extra);
    errors.check(result == CE_None, info_.name, "read the raster's mask");
    for (std::size_t i = 0; i < valid.size(); ++i) {
      valid[i] = static_cast<std::uint8_t>(valid[i] | (mask_[i] != 0 ? 1 : 0));
    }
  }

  std::vector<std::uint8_t> valid(const SourceWindow& window, Index height, Index width) {
    std::vector<std::uint8_t> valid(static_cast<std::size_t>(height * width));
    const int flags = GDALGetMaskFlags(band(all_.front()));
    const bool alpha_is_picture = (flags & GMF_ALPHA) != 0 && !info_.alpha;
    if (info_.alpha) {
      add_mask(band(static_cast<int>(*info_.alpha)), window, height, width, valid);
    } else if ((flags & GMF_PER_DATASET) != 0 && !alpha_is_picture) {
      add_mask(GDALGetMaskBand(band(all_.front())), window, height, width, valid);
    } else if (!nodata_ && (flags & GMF_NODATA) != 0) {
      for (const int number : all_) {
        add_mask(GDALGetMaskBand(band(number)), window, height, width, valid);
      }
    } else {
      std::ranges::fill(valid, std::uint8_t{1});
    }
    if (nodata_) hide_nodata(window, height, width, valid);
    return valid;
  }

  /// Takes away the pixels that have the given nodata value in every band.
  void hide_nodata(const SourceWindow& window, Index height, Index width,
                   std::vector<std::uint8_t>& valid) {
    Image all(height, width, static_cast<Index>(all_.size()), read_as_);
    transfer(window, all, all_, GRIORA_NearestNeighbour);
    visit_sample_type(all.type, [&]<class T>(T) {
      const auto samples = all.samples<T>();
      const std::size_t bands = all_.size();
      for (std::size_t i = 0; i < valid.size(); ++i) {
        const auto pixel = samples.subspan(i * bands, bands);
        const bool hidden = std::ranges::all_of(pixel, [&](T sample) {
          const auto value = static_cast<double>(sample);
          return value == *nodata_ || (std::isnan(value) && std::isnan(*nodata_));
        });
        if (hidden) valid[i] = 0;
      }
    });
  }

  RasterInfo info_;
  std::optional<double> nodata_;  ///< given by the caller
  bool labels_;
  gdal::DatasetPtr dataset_;
  DType read_as_ = DType::u8;
  std::vector<int> all_;                              ///< bands of the picture
  std::vector<int> bands_;                            ///< those that are read
  std::vector<std::array<std::uint8_t, 3>> palette_;  ///< of colour indices
  std::vector<int> colors_;                           ///< those of 1, 2, 3 that are read of it
  std::vector<std::uint8_t> mask_;
};

}  // namespace

std::unique_ptr<RasterReader> open_raster(const std::filesystem::path& file,
                                          const RasterOptions& options) {
  return std::make_unique<GdalReader>(file, options);
}

}  // namespace fpanet
