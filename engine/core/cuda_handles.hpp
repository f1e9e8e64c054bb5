#pragma once
// The streams and library handles behind a Cuda context. This header includes CUDA headers, so only
// *.cu files and the wrappers around the CUDA libraries may include it.

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include <memory>

#include "engine/core/device.hpp"

namespace fpanet {

/// Every kernel and library call goes to `stream`. None of that work allocates, synchronises or
/// reads host memory. Blocking copies (copy_bytes) wait for it.
struct CudaHandles {
  int index = 0;
  cudaStream_t stream = nullptr;
  cudaStream_t copy_stream = nullptr;  ///< copies batches to the GPU
  cublasLtHandle_t blas = nullptr;
  cudnnHandle_t dnn = nullptr;  ///< bound to `stream`
  int capability = 0;           ///< 90 for 9.0
  int sm_count = 0;
  int max_shared_bytes = 0;  ///< per block, with cudaFuncAttributeMaxDynamicSharedMemorySize raised
  bool deterministic = false;
  bool allow_tf32 = false;
  /// State that kernels/ keeps between calls: the plans chosen for convolutions and products.
  std::shared_ptr<void> convolution_planner = {}, product_planner = {};

  CudaHandles() = default;
  CudaHandles(const CudaHandles&) = delete;
  CudaHandles& operator=(const CudaHandles&) = delete;
  ~CudaHandles();
};

}  // namespace fpanet
