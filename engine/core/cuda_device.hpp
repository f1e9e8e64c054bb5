#pragma once
// The project's interface to CUDA GPUs; it needs no CUDA header. A build without CUDA links
// engine/core/cuda_stubs.cpp, which reports that there are no GPUs.

#include <string>
#include <vector>

#include "engine/core/device.hpp"

namespace fpanet {

struct CudaOptions {
  bool deterministic = false;  ///< use only library algorithms that give the same bits every time
  bool allow_tf32 = false;     ///< fp32 products may round their factors to a 10-bit mantissa
  bool graphs = true;          ///< see Cuda::graphs
};

/// Opens a GPU and creates its streams and library handles, which live as long as any copy of the
/// result. Throws an Error that names the cause: this build has no CUDA support, the driver is
/// missing or too old, there is no such GPU, its compute capability is below 7.5, or a library is
/// missing (cuda_libraries.hpp) or fails to initialise.
Cuda open_cuda(int index, const CudaOptions& options);

struct CudaDeviceInfo {
  int index = 0;
  std::string name = {};
  int major = 0, minor = 0;  ///< compute capability
  int sm_count = 0;
  std::size_t memory_bytes = 0;
  std::size_t free_bytes = 0;
  /// Why the GPU cannot be used; empty if it can.
  std::string problem = {};
};

struct CudaSupport {
  bool built = false;  ///< this build contains CUDA code
  /// "CUDA 13.0, cuDNN 9.19.0, cuBLASLt 13.1.0": the versions loaded on this machine, or, if no GPU
  /// can be used, the versions that the program was built with.
  std::string libraries = {};
  /// "CUDA 13.0", the newest CUDA version that the driver supports; empty without a driver.
  std::string driver = {};
  std::string problem = {};  ///< why no GPU can be used; empty if one can
  std::vector<CudaDeviceInfo> devices = {};
};

/// Free memory of a GPU, in bytes.
std::size_t cuda_free_bytes(int index);

/// The CUDA support of this build and machine. Reports what is missing instead of throwing.
CudaSupport cuda_support();

}  // namespace fpanet
