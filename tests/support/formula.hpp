#pragma once
// Values made from names, the same in every language, so that tests need no weight files:
// u(name, i) in [0,1) is splitmix64 of FNV-1a(name) + i. See tests/data/goldens/README.md.

#include <cstdint>
#include <string_view>

#include "engine/graph/parameters.hpp"

namespace fpanet::test {

double formula_u(std::string_view name, std::uint64_t i);

/// Sets every entry of an allocated store to its formula value, rounded to float first.
void fill_with_formula(ParameterStore& store);

/// (shape) filled with u(name, i) in row-major order, as `dtype`, rounded to float first.
Tensor formula_tensor(std::string_view name, const Shape& shape, DType dtype);

/// i32 (shape): floor(u(name, i) * classes).
Tensor formula_labels(std::string_view name, const Shape& shape, Index classes);

}  // namespace fpanet::test
