#pragma once
// Checked calls of CUDA's libraries: what fails throws Error with the expression, the place and the
// library's message, and what to do where that is known.

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

namespace fpanet {

/// Where a checked call stands.
struct CallSite {
  const char* expression;
  const char* file;
  int line;
};

[[noreturn]] void cuda_fail(cudaError_t error, const CallSite& site);
[[noreturn]] void cublas_fail(cublasStatus_t status, const CallSite& site);
[[noreturn]] void cudnn_fail(cudnnStatus_t status, const CallSite& site);

/// After a kernel launch: throws when it could not be started, or when something on the GPU failed
/// before. `kernel` is its name in the message.
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
