#pragma once

#include <vector>

#include "apps/fpanet_train/training_data.hpp"
#include "apps/report/report.hpp"
#include "models/program.hpp"

namespace fpanet {

/// Adds scenes of a batch on which `program` has run until there are six: those that reports and
/// TensorBoard show. `show` are those of the bands in `pixels` that the pictures show. Pictures with a side above 512 pixels are shrunk.
void add_samples(std::vector<ReportSample>& samples, const TrainingData& data, const Batch& batch,
                 const Program& program, const PixelFormat& pixels, const Bands& show);

}  // namespace fpanet
