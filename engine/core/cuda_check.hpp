#pragma once
// Checked calls to the CUDA libraries. A call that fails throws an Error with the expression, its
// source location and the library's message, and with advice where we have any.

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include <string>

namespace fpanet {

/// The source location of a checked call.
struct CallSite {
  const char* expression;
  const char* file;
  int line;
};
/// "engine/core/cuda_check.cpp:12 cudaFree(p)"; the path is relative to the project root.
std::string where(const CallSite& site);

[[noreturn]] void cuda_fail(cudaError_t error, const CallSite& site);
[[noreturn]] void cublas_fail(cublasStatus_t status, const CallSite& site);
[[noreturn]] void cudnn_fail(cudnnStatus_t status, const CallSite& site);

/// Call after a kernel launch. Throws if the launch failed or if earlier work on the GPU has
/// failed. `kernel` is the name to use in the message.
void cuda_check_launch(const char* kernel);

}  // namespace fpanet

#define FPANET_CALL_SITE(expression) \
  ::fpanet::CallSite {               \
#expression, __FILE__, __LINE__  \
  }
#define FPANET_CUDA_CHECK(expression)                                   \
  do {                                                                  \
    const cudaError_t fpanet_status = (expression);                     \
    if (fpanet_status != cudaSuccess) {                                 \
      ::fpanet::cuda_fail(fpanet_status, FPANET_CALL_SITE(expression)); \
    }                                                                   \
  } while (false)
#define FPANET_CUBLAS_CHECK(expression)                                   \
  do {                                                                    \
    const cublasStatus_t fpanet_status = (expression);                    \
    if (fpanet_status != CUBLAS_STATUS_SUCCESS) {                         \
      ::fpanet::cublas_fail(fpanet_status, FPANET_CALL_SITE(expression)); \
    }                                                                     \
  } while (false)
#define FPANET_CUDNN_CHECK(expression)                                   \
  do {                                                                   \
    const cudnnStatus_t fpanet_status = (expression);                    \
    if (fpanet_status != CUDNN_STATUS_SUCCESS) {                         \
      ::fpanet::cudnn_fail(fpanet_status, FPANET_CALL_SITE(expression)); \
    }                                                                    \
  } while (false)
