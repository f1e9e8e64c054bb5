#include "kernels/to_unit.hpp"

#include "kernels/base/elementwise.hpp"
#include "kernels/to_unit_body.hpp"

namespace fpanet::kernels {

template <class T>
void to_unit(const Cpu& cpu, std::span<const std::uint8_t> x, std::span<T> y) {
  elementwise(cpu, y,
              [x = x.data()](Index i) { return static_cast<Real<T>>(body::to_unit(x[i])); });
}

template <class T, class Sample>
void to_unit(const Cpu& cpu, std::span<const Sample> x, Index channels, const BandScale& scale,
             std::span<T> y) {
  if (scale.is_uniform()) {
    elementwise(cpu, y, [x = x.data(), low = scale.low[0], high = scale.high[0]](Index i) {
      return static_cast<Real<T>>(unit_value(static_cast<float>(x[i]), low, high));
    });
  } else {
    elementwise(cpu, y, [x = x.data(), channels, &scale](Index i) {
      return static_cast<Real<T>>(body::to_unit(x[i], i % channels, scale));
    });
  }
}

#define FPANET_INSTANTIATE_SAMPLE(T, Sample) \
  template void to_unit(const Cpu&, std::span<const Sample>, Index, const BandScale&, std::span<T>)
#define FPANET_INSTANTIATE(T)                                                     \
  template void to_unit(const Cpu&, std::span<const std::uint8_t>, std::span<T>); \
  FPANET_INSTANTIATE_SAMPLE(T, std::uint8_t);                                     \
  FPANET_INSTANTIATE_SAMPLE(T, std::uint16_t);                                    \
  FPANET_INSTANTIATE_SAMPLE(T, std::int16_t);                                     \
  FPANET_INSTANTIATE_SAMPLE(T, float)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE
#undef FPANET_INSTANTIATE_SAMPLE

}  // namespace fpanet::kernels
