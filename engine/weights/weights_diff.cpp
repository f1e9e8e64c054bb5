#include "engine/weights/weights_diff.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/weights/name_map.hpp"

namespace fpanet {

namespace {

double difference(double a, double b) {
  if (std::isnan(a) && std::isnan(b)) return 0.0;
  const double gap = a == b ? 0.0 : std::fabs(a - b);  // equal infinities would give NaN
  return std::isnan(gap) ? std::numeric_limits<double>::infinity() : gap;
}

double max_abs_difference(const StateEntry& a, const StateEntry& b) {
  if (a.type() == b.type() && a.bytes().text() == b.bytes().text()) return 0.0;
  const std::vector<double> va = a.values<double>(), vb = b.values<double>();
  double result = 0.0;
  for (std::size_t i = 0; i < va.size(); ++i) result = std::max(result, difference(va[i], vb[i]));
  return result;
}

}  // namespace

bool WeightsDiff::equal() const {
  return std::ranges::all_of(rows, &Row::equal);
}

double WeightsDiff::max_abs() const {
  double result = 0.0;
  for (const Row& row : rows) {
    if (row.comparable()) result = std::max(result, row.max_abs);
  }
  return result;
}

WeightsDiff diff_weights(const StateDict& a, const StateDict& b) {
  std::vector<std::string_view> a_names;
  NameSet b_names, met;
  for (const auto& [name, entry] : a) a_names.push_back(name);
  for (const auto& [name, entry] : b) b_names.insert(name);
  const NameMap map = find_name_map(a_names, b_names);

  WeightsDiff result{.rows = {}, .names = map.description()};
  for (const auto& [name, entry] : a) {
    const std::string mapped = b_names.contains(name) ? name : map(name, b_names);
    const StateEntry* other = met.contains(mapped) ? nullptr : b.find(mapped);
    WeightsDiff::Row row{.name = other == nullptr ? name : mapped, .a = &entry, .b = other};
    if (other != nullptr) met.insert(mapped);
    if (row.comparable()) row.max_abs = max_abs_difference(entry, *other);
    result.rows.push_back(std::move(row));
  }
  for (const auto& [name, entry] : b) {
    if (!met.contains(name)) result.rows.push_back({.name = name, .a = nullptr, .b = &entry});
  }
  return result;
}

}  // namespace fpanet
