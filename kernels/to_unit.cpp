#include "kernels/to_unit.hpp"

#include "kernels/base/elementwise.hpp"
#include "kernels/to_unit_body.hpp"

namespace fpanet::kernels {

template <class T>
void to_unit(const Cpu& cpu, std::span<const std::uint8_t> x, std::span<T> y) {
  elementwise(cpu, y,
              [x = x.data()](Index i) { return static_cast<Real<T>>(body::to_unit(x[i])); });
}

template void to_unit(const Cpu&, std::span<const std::uint8_t>, std::span<float>);
template void to_unit(const Cpu&, std::span<const std::uint8_t>, std::span<double>);
template void to_unit(const Cpu&, std::span<const std::uint8_t>, std::span<bfloat16>);

}  // namespace fpanet::kernels
