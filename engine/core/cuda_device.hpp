#pragma once
// CUDA GPUs as the rest of the project sees them: no CUDA header needed. A build without CUDA
// links cuda/stubs.cpp, where there are none.

#include <string>
#include <vector>

#include "engine/core/device.hpp"

namespace fpanet {

struct CudaOptions {
  bool deterministic = false;  ///< only library algorithms that give the same bits each time
  bool allow_tf32 = false;     ///< fp32 products may round their factors to 10 bits of mantissa
  bool graphs = true;          ///< Cuda::graphs
};

/// Opens a GPU: makes its stream and library handles, which live as long as a copy of the result
/// does. Throws Error that says which of these it is: no CUDA in this build, no driver, a driver
/// that is too old, no such GPU, a GPU below compute capability 7.5, a library that is missing
/// (cuda_libraries.hpp) or does not start.
Cuda open_cuda(int index, const CudaOptions& options);

struct CudaDeviceInfo {
  int index = 0;
  std::string name = {};
  int major = 0, minor = 0;  ///< compute capability
  int sm_count = 0;
  std::size_t memory_bytes = 0;
  std::size_t free_bytes = 0;
  /// Empty when the GPU can be used, else why not.
  std::string problem = {};
};

struct CudaSupport {
  bool built = false;  ///< this build holds CUDA code
  /// "CUDA 13.0, cuDNN 9.19.0, cuBLASLt 13.1.0": what this machine has loaded, or, where no GPU can
  /// be used, what this was built with.
  std::string libraries = {};
  std::string driver = {};   ///< "CUDA 13.0", the newest that the driver can run; empty without one
  std::string problem = {};  ///< why no GPU can be used; empty when one can
  std::vector<CudaDeviceInfo> devices = {};
};

/// Bytes of a GPU's memory that nobody uses.
std::size_t cuda_free_bytes(int index);

/// What this build and machine have. Throws nothing for what is missing.
CudaSupport cuda_support();

}  // namespace fpanet
