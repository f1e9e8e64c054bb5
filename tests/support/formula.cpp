#include "tests/support/formula.hpp"

#include <cmath>

#include "engine/core/layout.hpp"

namespace fpanet::test {

namespace {

/// The formula value of element i of a state-dict entry.
double entry_value(const ParameterEntry& entry, std::uint64_t i) {
  const double u = formula_u(entry.name, i);
  const bool weight = entry.name.ends_with("weight");
  if (entry.name.ends_with("running_var")) return 0.5 + u;
  if (entry.name.ends_with("running_mean")) return (2 * u - 1) * 0.1;
  if (entry.shape.rank() == 1) return weight ? 0.5 + u : (2 * u - 1) * 0.1;
  const auto fan_in = static_cast<double>(entry.shape.numel() / entry.shape[0]);
  return (2 * u - 1) * std::sqrt(3.0 / fan_in);
}

}  // namespace

double formula_u(std::string_view name, std::uint64_t i) {
  std::uint64_t z = hash_name(name) + i + 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  z ^= z >> 31;
  return static_cast<double>(z >> 40) * 0x1p-24;
}

void fill_with_formula(ParameterStore& store) {
  for (std::size_t e = 0; e < store.entries().size(); ++e) {
    const ParameterEntry& entry = store.entries()[e];
    if (entry.kind == EntryKind::counter) {
      store.value(e).zero();
      continue;
    }
    std::vector<float> values(static_cast<std::size_t>(entry.shape.numel()));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(entry_value(entry, i));
    }
    const Tensor tensor = Tensor::empty(entry.shape, DType::f32);
    from_row_major<float>(values, tensor);
    store.value(e).copy_from(tensor.cast(store.dtype()));
  }
}

Tensor formula_tensor(std::string_view name, const Shape& shape, DType dtype) {
  std::vector<float> values(static_cast<std::size_t>(shape.numel()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(formula_u(name, i));
  }
  const Tensor tensor = Tensor::empty(shape, DType::f32);
  from_row_major<float>(values, tensor);
  return tensor.cast(dtype);
}

Tensor formula_labels(std::string_view name, const Shape& shape, Index classes) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(shape.numel()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<std::int32_t>(formula_u(name, i) * static_cast<double>(classes));
  }
  const Tensor tensor = Tensor::empty(shape, DType::i32);
  from_row_major<std::int32_t>(values, tensor);
  return tensor;
}

}  // namespace fpanet::test
