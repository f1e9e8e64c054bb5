#include "engine/distributed/library_nccl.hpp"

#include <string>

#include "engine/core/cuda_libraries.hpp"
#include "engine/core/error.hpp"

namespace fpanet {
namespace {

const char* name_of(ncclResult_t result) {
  switch (result) {
    case ncclSuccess:
      return "ncclSuccess";
    case ncclUnhandledCudaError:
      return "ncclUnhandledCudaError";
    case ncclSystemError:
      return "ncclSystemError";
    case ncclInternalError:
      return "ncclInternalError";
    case ncclInvalidArgument:
      return "ncclInvalidArgument";
    case ncclInvalidUsage:
      return "ncclInvalidUsage";
    case ncclRemoteError:
      return "ncclRemoteError";
    case ncclInProgress:
      return "ncclInProgress";
    default:
      return "an NCCL error newer than this build";
  }
}

/// What the user can do about an error. Empty for those that are bugs in this project.
const char* advice(ncclResult_t result) {
  switch (result) {
    case ncclRemoteError:
      return "; another rank has ended, or the network to it has failed: go on from the last "
             "checkpoint "
             "(--resume)";
    case ncclInvalidUsage:
      return "; NCCL takes one GPU for each rank: start as many ranks on a machine as it has GPUs";
    case ncclSystemError:
    case ncclUnhandledCudaError:
    case ncclInternalError:
      return "; NCCL_DEBUG=INFO in the environment has NCCL say more";
    default:
      return "";
  }
}

NcclFunctions load_nccl() {
  const CudaLibrary library("libnccl.so.2", "NCCL 2",
                            CUDART_VERSION >= 13000 ? "nvidia-nccl-cu13" : "nvidia-nccl-cu12");
#define FPANET_FIND(name) reinterpret_cast<decltype(&::name)>(library.find(#name)),
  return {FPANET_NCCL_FUNCTIONS(FPANET_FIND)};
#undef FPANET_FIND
}

}  // namespace

const NcclFunctions& nccl() {
  static const NcclFunctions functions = load_nccl();
  return functions;
}

std::string nccl_message(ncclResult_t result) {
  const char* const last = nccl().ncclGetLastError(nullptr);
  const std::string details = last == nullptr || *last == '\0' ? "" : fmt::format(": {}", last);
  return fmt::format("nccl: {} ({}){}{}", name_of(result), nccl().ncclGetErrorString(result),
                     details, advice(result));
}

void nccl_fail(ncclResult_t result, const CallSite& site) {
  fail("{}, at {}", nccl_message(result), where(site));
}

}  // namespace fpanet
