// Memory traffic per element: 1 byte and the size of T.

#include "kernels/to_unit.hpp"

#include "kernels/cuda/elementwise.hpp"
#include "kernels/to_unit_body.hpp"

namespace fpanet::kernels {
namespace {

struct ToUnit {
  FPANET_HD float operator()(std::uint8_t x) const { return body::to_unit(x); }
};

}  // namespace

template <class T>
void to_unit(const Cuda& cuda, std::span<const std::uint8_t> x, std::span<T> y) {
  cuda_elementwise(CudaGrid(cuda), "to_unit", y, Write::assign, ToUnit{}, x);
}

template void to_unit(const Cuda&, std::span<const std::uint8_t>, std::span<float>);
template void to_unit(const Cuda&, std::span<const std::uint8_t>, std::span<bfloat16>);

}  // namespace fpanet::kernels
