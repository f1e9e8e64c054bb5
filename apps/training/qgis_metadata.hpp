#pragma once
// What the Deepness plugin of QGIS reads in an ONNX model, so that it asks for none of it.

#include <optional>

#include "apps/training/checkpoint.hpp"

namespace fpanet {

/// The plugin's keys, with values in JSON: the kind of model, its classes, size and overlap of the tiles, and
/// that pixels from 0 to 1 are taken as they are. `size` is that of the model's images. `metres` is the ground
/// length of a pixel; the plugin asks for it if it is unknown.
Metadata qgis_metadata(const NetworkConfig& network, const ClassTable& classes,
                       const ImageSize& size, std::optional<double> metres);

}  // namespace fpanet
