#include "layers/init.hpp"

#include <algorithm>
#include <cmath>

namespace fpanet::init {

namespace {

double kernel_elements(const Shape& weight) {
  return weight.rank() == 4 ? static_cast<double>(weight[2] * weight[3]) : 1.0;
}
double fan_in(const Shape& weight) {
  return static_cast<double>(weight[1]) * kernel_elements(weight);
}
double fan_out(const Shape& weight) {
  return static_cast<double>(weight[0]) * kernel_elements(weight);
}

}  // namespace

Initializer constant(double value) {
  return [value](Rng&, std::span<double> values) { std::ranges::fill(values, value); };
}

Initializer uniform(double bound) {
  return [bound](Rng& rng, std::span<double> values) {
    for (double& value : values) value = rng.uniform(-bound, bound);
  };
}

Initializer kaiming_normal_fan_out(const Shape& weight) {
  const double deviation = std::sqrt(2.0 / fan_out(weight));
  return [deviation](Rng& rng, std::span<double> values) {
    for (double& value : values) value = deviation * rng.normal();
  };
}

Initializer kaiming_uniform_fan_in(const Shape& weight) {
  return uniform(std::sqrt(6.0 / fan_in(weight)));
}

Initializer xavier_uniform(const Shape& weight) {
  return uniform(std::sqrt(6.0 / (fan_in(weight) + fan_out(weight))));
}

Initializer torch_default(const Shape& weight) {
  return uniform(1.0 / std::sqrt(fan_in(weight)));
}

}  // namespace fpanet::init
