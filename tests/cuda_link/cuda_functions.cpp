// Linked against cuBLASLt, cuDNN and NCCL themselves, as no other program is: the linker fails where a
// library lacks a function of engine/core/cuda_libraries.hpp or engine/distributed/library_nccl.hpp.
// Built, not run.

#include "engine/core/cuda_libraries.hpp"
#ifdef FPANET_WITH_NCCL
#include "engine/distributed/library_nccl.hpp"
#endif

int main() {
#define FPANET_ADDRESS(name) &::name,
  const volatile fpanet::CublasLtFunctions cublaslt{FPANET_CUBLASLT_FUNCTIONS(FPANET_ADDRESS)};
  const volatile fpanet::CudnnFunctions cudnn{FPANET_CUDNN_FUNCTIONS(FPANET_ADDRESS)};
#ifdef FPANET_WITH_NCCL
  const volatile fpanet::NcclFunctions nccl{FPANET_NCCL_FUNCTIONS(FPANET_ADDRESS)};
  if (nccl.ncclSend == nullptr) return 1;
#endif
  return cublaslt.cublasLtCreate == nullptr || cudnn.cudnnCreate == nullptr;
}
