// Two plain products in double, one thread per element of the result. No training step uses this
// transform (high_pass.cu has its own), so it is simple rather than fast. Memory traffic does not
// matter compared to H + W multiply-adds in double per element.

#include "kernels/dct.hpp"

#include "kernels/base/scratch.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/dct_basis.hpp"

namespace fpanet::kernels {
namespace {

struct DctMatrixKernel {
  static constexpr int kThreads = 256;

  DctMatrix matrix;
  Index size;
  double* entries;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, size * size,
                [&](Index i) { entries[i] = dct_entry(matrix, i / size, i % size, size); });
  }
};

/// y[o] (=|+=) M x[o] for `outer` matrices x[o] and y[o] of shape (size, inner).
template <class In, class Out>
struct DctProductKernel {
  static constexpr int kThreads = 256;

  const double* m;
  Index outer, size, inner;
  const In* x;
  Out* y;
  Write write;

  FPANET_HD static double widened(double value) { return value; }
  FPANET_HD static double widened(float value) { return static_cast<double>(value); }
  FPANET_HD static double widened(bfloat16 value) { return widened(static_cast<float>(value)); }

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, outer * size * inner, [&](Index i) {
      const Index e = i % inner, row = i / inner % size, o = i / inner / size;
      const In* const from = x + o * size * inner + e;
      double sum = 0;
      for (Index k = 0; k < size; ++k) sum += m[row * size + k] * widened(from[k * inner]);
      if (write == Write::accumulate) sum += widened(y[i]);
      y[i] = static_cast<Out>(static_cast<Real<Out>>(sum));
    });
  }

  void run(const CudaGrid& grid) const {
    grid.run("dct2d", stride_blocks(outer * size * inner, kThreads), 0, *this);
  }
};

const double* matrix_entries(const CudaGrid& grid, DctMatrix matrix, Index size, double* memory) {
  grid.run("dct2d", stride_blocks(size * size, DctMatrixKernel::kThreads), 0,
           DctMatrixKernel{matrix, size, memory});
  return memory;
}

}  // namespace

template <class T>
std::size_t dct2d_workspace_bytes(const Cuda&, Index n, Index c, Index h, Index w) {
  return scratch_bytes<double>(h * h) + scratch_bytes<double>(w * w) +
         scratch_bytes<double>(n * c * h * w) + kScratchAlignment;
}

template <class T>
void dct2d(const Cuda& cuda, DctMatrix matrix, View<const T> x, View<T> y, Write write,
           std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  Scratch scratch(workspace);
  const double* const rows = matrix_entries(grid, matrix, x.h, scratch.take<double>(x.h * x.h));
  const double* const cols = matrix_entries(grid, matrix, x.w, scratch.take<double>(x.w * x.w));
  auto* const half = scratch.take<double>(x.numel());
  // An image is (H, W*C) and one of its rows is (W, C), so both products transform all channels at
  // once.
  DctProductKernel<T, double>{rows, x.n, x.h, x.w * x.c, x.data, half, Write::assign}.run(grid);
  DctProductKernel<double, T>{cols, x.n * x.h, x.w, x.c, half, y.data, write}.run(grid);
}

#define FPANET_INSTANTIATE(T)                                                \
  template void dct2d(const Cuda&, DctMatrix, View<const T>, View<T>, Write, \
                      std::span<std::byte>);                                 \
  template std::size_t dct2d_workspace_bytes<T>(const Cuda&, Index, Index, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
