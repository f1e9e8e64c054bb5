// One thread per row: rows have few columns (classes), and neighbouring rows share cache lines.
// Memory traffic: x is read once, 4 bytes are written per row.

#include "kernels/argmax.hpp"

#include "kernels/argmax_body.hpp"
#include "kernels/cuda/launch.cuh"

namespace fpanet::kernels {
namespace {

template <class T>
struct ArgmaxKernel {
  static constexpr int kThreads = 256;

  Matrices<const T> x;
  std::int32_t* y;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, x.n * x.rows,
                [&](Index row) { y[row] = body::argmax(x.data + row * x.cols, x.cols); });
  }
};

}  // namespace

template <class T>
void argmax(const Cuda& cuda, Matrices<const T> x, std::int32_t* y) {
  const ArgmaxKernel<T> kernel{x, y};
  CudaGrid(cuda).run("argmax", stride_blocks(x.n * x.rows, kernel.kThreads), 0, kernel);
}

template void argmax(const Cuda&, Matrices<const float>, std::int32_t*);
template void argmax(const Cuda&, Matrices<const bfloat16>, std::int32_t*);

}  // namespace fpanet::kernels
