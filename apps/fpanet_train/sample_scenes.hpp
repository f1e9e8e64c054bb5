#pragma once

#include <vector>

#include "apps/fpanet_train/training_data.hpp"
#include "apps/report/report.hpp"
#include "engine/core/tensor.hpp"

namespace fpanet {

/// Adds scenes of a batch, whose `probabilities` may be on any device, until there are six: those that
/// reports and TensorBoard show. `show` are the bands that the pictures show. Pictures with a side above
/// 512 pixels are shrunk.
void add_samples(std::vector<ReportSample>& samples, const TrainingData& data, const Batch& batch,
                 const Tensor& probabilities, const Bands& show);

}  // namespace fpanet
