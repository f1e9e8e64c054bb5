#pragma once

#include "engine/graph/parameters.hpp"

namespace fpanet {

/// x in another dtype: f32 -> bf16 or bf16 -> f32, where mixed precision begins and ends (and
/// f64 -> f64, which the gradient check uses).
Value cast(Value x, DType dtype);

/// The same, but x itself when it has that dtype.
Value in_dtype(Value x, DType dtype);

/// Makes the twin region of a store, if it has one, its parameters rounded to bf16.
void renew_twins(const Context& context, const ParameterStore& store);

}  // namespace fpanet
