// Memory traffic per element: 6 bytes; when accumulating, also the size of To.

#include "kernels/cast.hpp"

#include "kernels/cuda/elementwise.hpp"

namespace fpanet::kernels {
namespace {

struct AsIs {
  FPANET_HD float operator()(float x) const { return x; }
};

}  // namespace

template <class From, class To>
void cast(const Cuda& cuda, std::span<const From> x, std::span<To> y, Write write) {
  cuda_elementwise(CudaGrid(cuda), "cast", y, write, AsIs{}, x);
}

template void cast(const Cuda&, std::span<const float>, std::span<bfloat16>, Write);
template void cast(const Cuda&, std::span<const bfloat16>, std::span<float>, Write);

}  // namespace fpanet::kernels
