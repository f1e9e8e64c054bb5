#include "engine/core/cuda_libraries.hpp"

#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <string>

#include "engine/core/error.hpp"

namespace fpanet {
namespace {

#define FPANET_TEXT_OF(number) #number
#define FPANET_TEXT(macro) FPANET_TEXT_OF(macro)
#define FPANET_CUBLAS_MAJOR FPANET_TEXT(CUBLAS_VER_MAJOR)
#define FPANET_CUDNN_MAJOR FPANET_TEXT(CUDNN_MAJOR)

CublasLtFunctions load_cublaslt() {
  const CudaLibrary library("libcublasLt.so." FPANET_CUBLAS_MAJOR, "cuBLAS " FPANET_CUBLAS_MAJOR,
                            CUBLAS_VER_MAJOR >= 13 ? "nvidia-cublas==" FPANET_CUBLAS_MAJOR ".*"
                                                   : "nvidia-cublas-cu" FPANET_CUBLAS_MAJOR);
#define FPANET_FIND(name) reinterpret_cast<decltype(&::name)>(library.find(#name)),
  return {FPANET_CUBLASLT_FUNCTIONS(FPANET_FIND)};
}

CudnnFunctions load_cudnn() {
  cublaslt();  // cuDNN opens cuBLASLt by name, and then gets the copy that is already loaded
  const CudaLibrary library("libcudnn.so." FPANET_CUDNN_MAJOR, "cuDNN " FPANET_CUDNN_MAJOR,
                            "nvidia-cudnn-cu" FPANET_CUBLAS_MAJOR);
  return {FPANET_CUDNN_FUNCTIONS(FPANET_FIND)};
#undef FPANET_FIND
}

}  // namespace

const CublasLtFunctions& cublaslt() {
  static const CublasLtFunctions functions = load_cublaslt();
  return functions;
}

const CudnnFunctions& cudnn() {
  static const CudnnFunctions functions = load_cudnn();
  return functions;
}

CudaLibrary::CudaLibrary(std::string_view file, std::string_view product, std::string_view package)
    : file_(file), product_(product), handle_(dlopen(std::string(file).c_str(), RTLD_NOW)) {
  if (handle_ != nullptr) return;
  const char* const reason = dlerror();
  fail(
      "cuda: this build needs {}, but {} cannot be loaded ({}); install it (pip install {}, or "
      "NVIDIA's package), and name its folder in LD_LIBRARY_PATH if it is not the system's",
      product, file, reason, package);
}

void* CudaLibrary::find(const char* name) const {
  void* const function = dlsym(handle_, name);
  require(function != nullptr, "cuda: {} has no {}; install a newer {}", file_, name, product_);
  return function;
}

}  // namespace fpanet
