#include <cuda_runtime_api.h>

#include "engine/core/cuda_check.hpp"
#include "engine/core/cuda_handles.hpp"

namespace fpanet::kernels {

cudaStream_t stream_of(const Cuda& cuda) {
  return cuda.handles->stream;
}

void check_status(const char* name, cudaError_t status) {
  if (status != cudaSuccess) cuda_fail(status, {name, __FILE__, __LINE__});
}

void check_launch(const char* name) {
  cuda_check_launch(name);
}

}  // namespace fpanet::kernels
