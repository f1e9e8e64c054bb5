// Memory traffic per element in float: x is read twice and y is written, 12 bytes, for radii up to 10.

#include "kernels/high_pass.hpp"

#include "kernels/cuda/launch.cuh"
#include "kernels/high_pass/wide_cuda.hpp"
#include "kernels/high_pass_cuda.hpp"

namespace fpanet::kernels {

namespace {

template <class T>
void high_pass_in_registers(const CudaGrid& grid, View<const T> x, Index radius, View<T> y,
                            Write write, std::span<std::byte> workspace) {
  using Source = TensorSource<T>;
  HighPassPlan plan{x.n, x.c, x.h, x.w, radius};
  plan.take(workspace);
  const Source source{x.data, x.h, plan.row()};
  const HighPassBasisKernel basis{plan};
  grid.run("high_pass", stride_blocks((x.h + x.w) * plan.kK, basis.kThreads), 0, basis);
  const HighPassSumKernel<Source> sum{plan, source};
  grid.run("high_pass", plan.blocks(), sum.shared_bytes(), sum);
  const HighPassSubtractKernel<Source, T> subtract{plan, source, y.data, write};
  grid.run("high_pass", plan.blocks(), subtract.shared_bytes(), subtract);
}

template <class T>
void wide_high_pass(const CudaGrid& grid, View<const T> x, Index radius, View<T> y, Write write,
                    std::span<std::byte> workspace) {
  WideHighPassPlan plan{x.n, x.c, x.h, x.w, radius};
  plan.take(workspace);
  const auto run = [&](Index elements, const auto& kernel) {
    grid.run("high_pass", stride_blocks(elements, kernel.kThreads), 0, kernel);
  };
  run((x.h + x.w) * plan.count(), WideBasisKernel{plan});
  run(plan.line_elements(), WideColumnsKernel<T>{plan, x.data});
  run(plan.frequencies(), WideSpectrumKernel{plan});
  run(plan.line_elements(), WideRowsKernel{plan});
  run(x.numel(), WideSubtractKernel<T>{plan, x.data, y.data, write});
}

}  // namespace

template <class T>
std::size_t high_pass_workspace_bytes(const Cuda&, Index n, Index c, Index h, Index w,
                                      Index radius) {
  return radius <= kHighPassRadius ? HighPassPlan{n, c, h, w, radius}.bytes()
                                   : WideHighPassPlan{n, c, h, w, radius}.bytes();
}

template <class T>
void high_pass(const Cuda& cuda, View<const T> x, Index radius, View<T> y, Write write,
               std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  if (radius <= kHighPassRadius) {
    high_pass_in_registers(grid, x, radius, y, write, workspace);
  } else {
    wide_high_pass(grid, x, radius, y, write, workspace);
  }
}

#define FPANET_INSTANTIATE(T)                                                \
  template void high_pass(const Cuda&, View<const T>, Index, View<T>, Write, \
                          std::span<std::byte>);                             \
  template std::size_t high_pass_workspace_bytes<T>(const Cuda&, Index, Index, Index, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
