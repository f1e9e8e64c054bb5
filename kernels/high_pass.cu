// Memory traffic per element in float: x is read twice and y is written, 12 bytes.

#include "kernels/high_pass.hpp"

#include "kernels/cuda/launch.cuh"
#include "kernels/high_pass_cuda.hpp"

namespace fpanet::kernels {

template <class T>
std::size_t high_pass_workspace_bytes(const Cuda&, Index n, Index c, Index h, Index w) {
  return HighPassPlan{n, c, h, w}.bytes();
}

template <class T>
void high_pass(const Cuda& cuda, View<const T> x, View<T> y, Write write,
               std::span<std::byte> workspace) {
  using Source = TensorSource<T>;
  HighPassPlan plan{x.n, x.c, x.h, x.w};
  plan.take(workspace);
  const Source source{x.data, x.h, plan.row()};
  const CudaGrid grid(cuda);
  const HighPassBasisKernel basis{plan};
  grid.run("high_pass", stride_blocks((x.h + x.w) * plan.kK, basis.kThreads), 0, basis);
  const HighPassSumKernel<Source> sum{plan, source};
  grid.run("high_pass", plan.blocks(), sum.shared_bytes(), sum);
  const HighPassSubtractKernel<Source, T> subtract{plan, source, y.data, write};
  grid.run("high_pass", plan.blocks(), subtract.shared_bytes(), subtract);
}

#define FPANET_INSTANTIATE(T)                                                                \
  template void high_pass(const Cuda&, View<const T>, View<T>, Write, std::span<std::byte>); \
  template std::size_t high_pass_workspace_bytes<T>(const Cuda&, Index, Index, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
