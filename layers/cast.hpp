#pragma once

#include "engine/graph/parameters.hpp"

namespace fpanet {

/// Converts x to another dtype: f32 -> bf16 where mixed precision begins, bf16 -> f32 where it
/// ends, and f64 -> f64 for the gradient check.
Value cast(Value x, DType dtype);

/// cast(x, dtype), or x itself if it already has that dtype.
Value in_dtype(Value x, DType dtype);

/// Sets the twin region of a store, if it has one, to the parameters rounded to bf16.
void renew_twins(const Context& context, const ParameterStore& store);

}  // namespace fpanet
