// Linked against cuBLASLt and cuDNN themselves, as no other program is: the linker fails where a
// library lacks a function of engine/core/cuda_libraries.hpp. Built, not run.

#include "engine/core/cuda_libraries.hpp"

int main() {
#define FPANET_ADDRESS(name) &::name,
  const volatile fpanet::CublasLtFunctions cublaslt{FPANET_CUBLASLT_FUNCTIONS(FPANET_ADDRESS)};
  const volatile fpanet::CudnnFunctions cudnn{FPANET_CUDNN_FUNCTIONS(FPANET_ADDRESS)};
  return cublaslt.cublasLtCreate == nullptr || cudnn.cudnnCreate == nullptr;
}
