#include "engine/core/cuda_check.hpp"

#include <cstring>
#include <string>

#include "engine/core/cuda_libraries.hpp"
#include "engine/core/error.hpp"

namespace fpanet {
namespace {

/// What the user can do about a GPU error. Empty for most errors, which are bugs in this project.
const char* advice(cudaError_t error) {
  switch (error) {
    case cudaErrorMemoryAllocation:
      return "; the GPU's memory is full: use a smaller batch or image, or another GPU";
    case cudaErrorECCUncorrectable:
      return "; the GPU's memory failed: go on from the last checkpoint (--resume), on another "
             "GPU if this comes again";
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorHardwareStackError:
    case cudaErrorDevicesUnavailable:
      return "; nothing more can run on the GPU in this process: go on from the last checkpoint "
             "(--resume)";
    case cudaErrorNoKernelImageForDevice:
      return "; this build holds no code for the GPU: build with "
             "-DFPANET_CUDA_ARCHITECTURES=native";
    default:
      return "";
  }
}

}  // namespace

std::string where(const CallSite& site) {
  static constexpr const char* kFolders[] = {"engine/", "kernels/", "layers/", "apps/", "tests/"};
  const char* file = site.file;
  for (const char* folder : kFolders) {
    if (const char* found = std::strstr(site.file, folder)) {
      file = found;
      break;
    }
  }
  return fmt::format("{}:{} {}", file, site.line, site.expression);
}

void cuda_fail(cudaError_t error, const CallSite& site) {
  fail("cuda: {} ({}) at {}{}", cudaGetErrorString(error), cudaGetErrorName(error), where(site),
       advice(error));
}

void cublas_fail(cublasStatus_t status, const CallSite& site) {
  fail("cublas: {} at {}", cublaslt().cublasLtGetStatusString(status), where(site));
}

void cudnn_fail(cudnnStatus_t status, const CallSite& site) {
  char details[512] = "";
  cudnn().cudnnGetLastErrorString(details, sizeof(details));
  fail("cudnn: {} at {}{}{}", cudnn().cudnnGetErrorString(status), where(site),
       details[0] == '\0' ? "" : ": ", details);
}

void cuda_check_launch(const char* kernel) {
  const cudaError_t error = cudaGetLastError();
  if (error == cudaSuccess) return;
  fail("cuda: {}: {} ({}){}", kernel, cudaGetErrorString(error), cudaGetErrorName(error),
       advice(error));
}

}  // namespace fpanet
