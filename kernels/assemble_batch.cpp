#include "kernels/assemble_batch.hpp"

#include "engine/core/parallel.hpp"
#include "kernels/assemble_batch_body.hpp"

namespace fpanet::kernels {

void assemble_batch(const Cpu& cpu, const BatchAssembly& batch) {
  parallel_for(cpu, batch.n * batch.h, [&](Index row) {
    for (Index x = 0; x < batch.w; ++x) body::assemble_pixel(batch, row * batch.w + x);
  });
}

}  // namespace fpanet::kernels
