#pragma once
// NCCL, which is loaded when the GPUs of several ranks are connected, as cuBLASLt and cuDNN are when a
// GPU is opened (engine/core/cuda_libraries.hpp). tests/cuda_link links the list against the library. This
// header includes CUDA headers, so only the wrappers around the CUDA libraries may include it.

#include <nccl.h>

#include "engine/core/cuda_check.hpp"

namespace fpanet {

/// X(name) for each NCCL function that the project calls.
#define FPANET_NCCL_FUNCTIONS(X) \
  X(ncclAllGather)               \
  X(ncclAllReduce)               \
  X(ncclCommAbort)               \
  X(ncclCommDestroy)             \
  X(ncclCommGetAsyncError)       \
  X(ncclCommInitRank)            \
  X(ncclGetErrorString)          \
  X(ncclGetLastError)            \
  X(ncclGetUniqueId)             \
  X(ncclGroupEnd)                \
  X(ncclGroupStart)              \
  X(ncclRecv)                    \
  X(ncclSend)

#define FPANET_POINTER(name) decltype(&::name) name;
struct NcclFunctions {
  FPANET_NCCL_FUNCTIONS(FPANET_POINTER)
};
#undef FPANET_POINTER

/// The first call loads the library, which stays loaded. Throws the errors of CudaLibrary.
const NcclFunctions& nccl();

/// "ncclRemoteError (remote process exited or there was a network error): ...", with what NCCL said last
/// and what may help.
std::string nccl_message(ncclResult_t result);
[[noreturn]] void nccl_fail(ncclResult_t result, const CallSite& site);

}  // namespace fpanet

#define FPANET_NCCL_CHECK(expression)                                   \
  do {                                                                  \
    const ncclResult_t fpanet_status = (expression);                    \
    if (fpanet_status != ncclSuccess) {                                 \
      ::fpanet::nccl_fail(fpanet_status, FPANET_CALL_SITE(expression)); \
    }                                                                   \
  } while (false)
