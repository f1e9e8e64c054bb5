// Bytes a pixel: 4 read, 7 written. A thread is a pixel; neighbours read and write neighbours.

#include "kernels/assemble_batch_body.hpp"
#include "kernels/cuda_block.hpp"
#include "kernels/cuda_launch.cuh"

namespace fpanet::kernels {
namespace {

struct AssembleKernel {
  static constexpr int kThreads = 256;

  BatchAssembly batch;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, batch.n * batch.h * batch.w,
                [&](Index pixel) { body::assemble_pixel(batch, pixel); });
  }
};

}  // namespace

void assemble_batch(const Cuda& cuda, const BatchAssembly& batch) {
  CudaGrid(cuda).run("assemble_batch",
                     stride_blocks(batch.n * batch.h * batch.w, AssembleKernel::kThreads), 0,
                     AssembleKernel{batch});
}

}  // namespace fpanet::kernels
