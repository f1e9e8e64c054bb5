#pragma once
// cuBLASLt and cuDNN, loaded when a GPU is first opened and not with the program: loading them takes
// a quarter of a second and 155 MB, which a run on the CPU should not pay. So nothing links them, and
// their functions are called through tables of pointers:
//
//     FPANET_CUDNN_CHECK(cudnn().cudnnSetStream(handle, stream));
//
// A function that is called but not listed does not compile or link. tests/cuda_link links each list
// against its library. Includes CUDA headers: for *.cu and the wrappers around CUDA's libraries alone.

#include <cublasLt.h>
#include <cudnn.h>

#include <string_view>

namespace fpanet {

/// X(name) for each function of cuBLASLt that is called.
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

/// The first call loads the library, which stays loaded. Throws Error as CudaLibrary does.
const CublasLtFunctions& cublaslt();
const CudnnFunctions& cudnn();

/// A shared library of CUDA, open until the program ends.
class CudaLibrary {
 public:
  /// Opens `file`, "libcudnn.so.9", where the dynamic loader finds it: LD_LIBRARY_PATH, the folder
  /// it had when this was built, the system's folders. Throws Error with the loader's reason and
  /// what to install: `product` ("cuDNN 9") and `package`, its name for pip.
  CudaLibrary(std::string_view file, std::string_view product, std::string_view package);

  /// The function of that name. Throws Error when the library, an old one, has none.
  void* find(const char* name) const;

 private:
  std::string_view file_, product_;
  void* handle_;
};

}  // namespace fpanet
