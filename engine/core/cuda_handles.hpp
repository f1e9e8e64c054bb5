#pragma once
// The stream and library handles behind a Cuda context. Includes CUDA headers: for *.cu and the
// wrappers around CUDA's libraries alone.

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include <memory>

#include "engine/core/device.hpp"

namespace fpanet {

/// Every kernel and library call goes to `stream`, and nothing that runs there allocates,
/// synchronises or reads the host. Copies that block (copy_bytes) wait for it.
struct CudaHandles {
  int index = 0;
  cudaStream_t stream = nullptr;
  cudaStream_t copy_stream = nullptr;  ///< batches on their way to the GPU
  cublasLtHandle_t blas = nullptr;
  cudnnHandle_t dnn = nullptr;  ///< bound to `stream`
  int capability = 0;           ///< 90 for 9.0
  int sm_count = 0;
  int max_shared_bytes = 0;  ///< per block, with cudaFuncAttributeMaxDynamicSharedMemorySize raised
  bool deterministic = false;
  bool allow_tf32 = false;
  /// What kernels/ keeps from call to call: plans chosen for convolutions and products.
  std::shared_ptr<void> convolution_planner = {}, product_planner = {};

  CudaHandles() = default;
  CudaHandles(const CudaHandles&) = delete;
  CudaHandles& operator=(const CudaHandles&) = delete;
  ~CudaHandles();
};

}  // namespace fpanet
