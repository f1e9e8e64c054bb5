#include <cuda_runtime_api.h>

#include <cstdlib>
#include <string_view>

#include "engine/core/cuda_check.hpp"
#include "engine/core/cuda_handles.hpp"

namespace fpanet::kernels {

cudaStream_t stream_of(const Cuda& cuda) {
  return cuda.handles->stream;
}

bool launches_dependent(const Cuda& cuda, const void* kernel) {
  static const char* const setting = std::getenv("FPANET_CUDA_DEPENDENT_LAUNCH");
  constexpr int kCanWait = 90;
  if (setting == nullptr || std::string_view(setting) != "1") return false;
  if (cuda.handles->capability < kCanWait) return false;
  cudaFuncAttributes attributes{};
  return cudaFuncGetAttributes(&attributes, kernel) == cudaSuccess &&
         attributes.ptxVersion >= kCanWait;
}

void check_status(const char* name, cudaError_t status) {
  if (status != cudaSuccess) cuda_fail(status, {name, __FILE__, __LINE__});
}

void check_launch(const char* name) {
  cuda_check_launch(name);
}

}  // namespace fpanet::kernels
