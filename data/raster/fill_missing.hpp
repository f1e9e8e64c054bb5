#pragma once

#include "data/raster/raster.hpp"

namespace fpanet {

/// Gives every sample that is missing the mean of its band over those of the patch that are not, rounded for
/// integers, or 0 if there are none; so what stands in a file where it has no data changes nothing.
///
/// Missing are all samples of pixels without data, and in pixels with data: in f32, samples that are not finite,
/// and in f32 and i16, those that are the nodata value. In u8 and u16 these may be dark parts of the picture.
void fill_missing(RasterPatch& patch);

}  // namespace fpanet
