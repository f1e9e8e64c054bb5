// Cuda half of assemble_batch.hpp in a build without CUDA: it throws.

#include "engine/core/error.hpp"
#include "kernels/assemble_batch.hpp"

namespace fpanet::kernels {

void assemble_batch(const Cuda&, const BatchAssembly&) {
  fail("assemble_batch: this build has no CUDA; use --device cpu or build with a CUDA toolkit");
}

}  // namespace fpanet::kernels
