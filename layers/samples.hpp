#pragma once
// Short ways to write the samples of layers/registry.hpp.

#include "layers/registry.hpp"

namespace fpanet::samples {

/// Uniform in [low, high), a function of the name.
SampleInput real(const std::string& name, const Shape& shape, double low = -1, double high = 1);
/// Distinct values at least 0.05 apart and away from 0, in no order: safe for central differences
/// across the kinks of relu, max and clamp.
SampleInput spread(const std::string& name, const Shape& shape);
/// i32 labels in [0, classes); every seventh is `odd_one_out` if that is given.
SampleInput labels(const Shape& shape, Index classes, std::optional<Index> odd_one_out = {});
/// The same input without a gradient, or as a state of the op.
SampleInput fixed(SampleInput input);
SampleInput state(SampleInput input);
/// The same input as f32, or as the bf16 twin of an f32 parameter, where bf16 is asked for.
SampleInput stays_real(SampleInput input);
SampleInput with_twin(SampleInput input);

/// An undefined-content input of a recorded graph, for error samples.
Value dummy(Graph& graph, const Shape& shape, DType dtype = DType::f32);

std::vector<OpRecord> convolution_records();
std::vector<OpRecord> normalisation_records();
std::vector<OpRecord> elementwise_records();
std::vector<OpRecord> resampling_records();
std::vector<OpRecord> matrix_records();
std::vector<OpRecord> frequency_records();
std::vector<OpRecord> loss_records();

}  // namespace fpanet::samples
