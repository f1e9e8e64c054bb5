#pragma once
// cuBLASLt and cuDNN. They are loaded when a GPU is first opened, not at program start: loading
// takes a quarter of a second and 155 MB, which a run on the CPU does not need. Therefore nothing
// links against them, and their functions are called through tables of pointers:
//
//     FPANET_CUDNN_CHECK(cudnn().cudnnSetStream(handle, stream));
//
// A call to a function that is not listed does not compile or link. tests/cuda_link links each list
// against its library. This header includes CUDA headers, so only *.cu files and the wrappers
// around the CUDA libraries may include it.

#include <cublasLt.h>
#include <cudnn.h>

#include <string_view>

namespace fpanet {

/// X(name) for each cuBLASLt function that the project calls.
#define FPANET_CUBLASLT_FUNCTIONS(X)      \
  X(cublasLtCreate)                       \
  X(cublasLtDestroy)                      \
  X(cublasLtGetStatusString)              \
  X(cublasLtGetVersion)                   \
  X(cublasLtMatmul)                       \
  X(cublasLtMatmulAlgoGetHeuristic)       \
  X(cublasLtMatmulDescCreate)             \
  X(cublasLtMatmulDescDestroy)            \
  X(cublasLtMatmulDescSetAttribute)       \
  X(cublasLtMatmulPreferenceCreate)       \
  X(cublasLtMatmulPreferenceDestroy)      \
  X(cublasLtMatmulPreferenceSetAttribute) \
  X(cublasLtMatrixLayoutCreate)           \
  X(cublasLtMatrixLayoutDestroy)          \
  X(cublasLtMatrixLayoutSetAttribute)

/// The same for cuDNN.
#define FPANET_CUDNN_FUNCTIONS(X)  \
  X(cudnnBackendCreateDescriptor)  \
  X(cudnnBackendDestroyDescriptor) \
  X(cudnnBackendExecute)           \
  X(cudnnBackendFinalize)          \
  X(cudnnBackendGetAttribute)      \
  X(cudnnBackendSetAttribute)      \
  X(cudnnCreate)                   \
  X(cudnnDestroy)                  \
  X(cudnnGetErrorString)           \
  X(cudnnGetLastErrorString)       \
  X(cudnnGetVersion)               \
  X(cudnnSetStream)

#define FPANET_POINTER(name) decltype(&::name) name;
struct CublasLtFunctions {
  FPANET_CUBLASLT_FUNCTIONS(FPANET_POINTER)
};
struct CudnnFunctions {
  FPANET_CUDNN_FUNCTIONS(FPANET_POINTER)
};
#undef FPANET_POINTER

/// The first call loads the library, which stays loaded. Throws the errors of CudaLibrary.
const CublasLtFunctions& cublaslt();
const CudnnFunctions& cudnn();

/// A CUDA shared library. It stays open until the program ends.
class CudaLibrary {
 public:
  /// Opens `file` ("libcudnn.so.9"). The dynamic loader searches LD_LIBRARY_PATH, the library's
  /// folder at build time and the system's folders. Throws an Error with the loader's reason and
  /// what to install: `product` ("cuDNN 9") and `package`, its name in pip.
  CudaLibrary(std::string_view file, std::string_view product, std::string_view package);

  /// The function called `name`. Throws Error if the library is too old to have it.
  void* find(const char* name) const;

 private:
  std::string_view file_, product_;
  void* handle_;
};

}  // namespace fpanet
