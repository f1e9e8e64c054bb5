#pragma once
// Helpers for writing the samples of layers/registry.hpp.

#include "layers/registry.hpp"

namespace fpanet::samples {

/// Values uniform in [low, high), determined by the name.
SampleInput real(const std::string& name, const Shape& shape, double low = -1, double high = 1);
/// Distinct values in no particular order, at least 0.05 apart and away from 0. No central
/// difference then crosses a kink of relu, max or clamp.
SampleInput spread(const std::string& name, const Shape& shape);
/// i32 labels in [0, classes). If `odd_one_out` is given, every seventh label has that value.
SampleInput labels(const Shape& shape, Index classes, std::optional<Index> odd_one_out = {});
/// The same input without a gradient (fixed), or as a state that the op changes (state).
SampleInput fixed(SampleInput input);
SampleInput state(SampleInput input);
/// The same input, but when bf16 is requested it is f32 (stays_real) or the bf16 twin of an f32
/// parameter (with_twin).
SampleInput stays_real(SampleInput input);
SampleInput with_twin(SampleInput input);

/// An input with undefined contents, for error samples.
Value dummy(Graph& graph, const Shape& shape, DType dtype = DType::f32);

std::vector<OpRecord> convolution_records();
std::vector<OpRecord> normalisation_records();
std::vector<OpRecord> elementwise_records();
std::vector<OpRecord> resampling_records();
std::vector<OpRecord> matrix_records();
std::vector<OpRecord> frequency_records();
std::vector<OpRecord> loss_records();
std::vector<OpRecord> overlap_loss_records();
std::vector<OpRecord> pixel_loss_records();
std::vector<OpRecord> optimizer_records();
std::vector<OpRecord> rank_records();

}  // namespace fpanet::samples
