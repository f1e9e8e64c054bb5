#include "apps/prediction/map_files.hpp"

#include <cstring>
#include <limits>
#include <memory>

#include "apps/prediction/npy.hpp"
#include "data/image_file.hpp"
#include "data/mask.hpp"
#include "data/raster/raster_writer.hpp"

namespace fpanet {
namespace {

template <class T>
Image image_of(const MapRows& rows, const std::vector<T>& values, Index channels) {
  Image image(rows.height, rows.width, channels, dtype_v<T>);
  std::memcpy(image.pixels.data(), values.data(), image.pixels.size());
  return image;
}

/// (classes,H,W) of (H,W,classes).
std::vector<float> planes(const std::vector<float>& values, Index classes) {
  std::vector<float> planar(values.size());
  const std::size_t count = static_cast<std::size_t>(classes), plane = values.size() / count;
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t k = 0; k < count; ++k) planar[k * plane + i] = values[i * count + k];
  }
  return planar;
}

template <class T>
void append_values(std::vector<T>& all, const std::vector<T>& values) {
  all.insert(all.end(), values.begin(), values.end());
}

}  // namespace

void for_each_part(const FinishedRows& rows, Index width, const MapContents& contents,
                   const std::function<void(const MapRows&)>& f) {
  for (Index part = 0; part < rows.count(); ++part) {
    f(unpack(rows.read(part), width, contents));
  }
}

void write_map_rasters(const MapFiles& files, const FinishedRows& rows, const RasterInfo& scene,
                       const ClassTable& classes, bool cloud_optimised) {
  RasterSpec spec{.height = scene.height,
                  .width = scene.width,
                  .georeference = scene.georeference,
                  .nodata = kNoDataLabel,
                  .classes = classes,
                  .overviews = Overviews::mode,
                  .cloud_optimised = cloud_optimised};
  const auto labels = create_raster(files.file("_labels.tif"), spec);
  spec.type = DType::f32;
  spec.nodata = std::numeric_limits<double>::quiet_NaN();
  spec.classes.reset();
  spec.overviews = Overviews::nearest;
  std::unique_ptr<RasterWriter> confidence, probabilities;
  if (files.contents.confidence) {
    confidence = create_raster(files.file("_confidence.tif"), spec);
  }
  if (files.contents.probabilities) {
    spec.bands = classes.size();
    for (const ClassInfo& info : classes.classes()) spec.band_names.push_back(info.name);
    probabilities = create_raster(files.file("_probs.tif"), spec);
  }
  for_each_part(rows, scene.width, files.contents, [&](const MapRows& part) {
    labels->write_rows(image_of(part, part.labels, 1));
    if (confidence != nullptr) confidence->write_rows(image_of(part, part.confidence, 1));
    if (probabilities != nullptr) {
      probabilities->write_rows(image_of(part, part.probabilities, classes.size()));
    }
  });
  if (probabilities != nullptr) probabilities->commit();
  if (confidence != nullptr) confidence->commit();
  labels->commit();
}

MapRows whole_map(const FinishedRows& rows, Index width, const MapContents& contents) {
  MapRows map{.height = 0, .width = width};
  for_each_part(rows, width, contents, [&](const MapRows& part) {
    map.height += part.height;
    append_values(map.labels, part.labels);
    append_values(map.confidence, part.confidence);
    append_values(map.probabilities, part.probabilities);
  });
  return map;
}

void write_map_pictures(const MapFiles& files, const MapRows& map, const ClassTable& classes) {
  const Image labels = image_of(map, map.labels, 1);
  write_png(files.file("_mask.png"), colors_from_labels(labels, classes));
  write_png(files.file("_labels.png"), labels);
  if (files.contents.confidence) {
    write_npy(files.file("_confidence.npy"), map.confidence, {map.height, map.width});
  }
  if (files.contents.probabilities) {
    write_npy(files.file("_probs.npy"), planes(map.probabilities, classes.size()),
              {classes.size(), map.height, map.width});
  }
}

}  // namespace fpanet
