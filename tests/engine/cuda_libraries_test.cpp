#include "engine/core/cuda_libraries.hpp"

#include <doctest/doctest.h>

#include "engine/core/error.hpp"

using namespace fpanet;

TEST_CASE("cuda libraries: loaded with every function that is called") {
  CHECK(cudnn().cudnnGetVersion() / 10000 == CUDNN_MAJOR);
  CHECK(cublaslt().cublasLtGetVersion() / 10000 == CUBLAS_VER_MAJOR);
}

TEST_CASE("cuda libraries: one that is missing is named, with what to install") {
  CHECK_THROWS_WITH_AS(
      CudaLibrary("libfpanet_none.so.9", "cuNone 9", "nvidia-cunone-cu13"),
      doctest::Contains("cuda: this build needs cuNone 9, but libfpanet_none.so.9 cannot be "
                        "loaded (libfpanet_none.so.9: cannot open shared object file: No such file "
                        "or directory); install it (pip install nvidia-cunone-cu13,"),
      Error);
}

TEST_CASE("cuda libraries: one that lacks a function is named") {
  const CudaLibrary library("libm.so.6", "cuNone 9", "nvidia-cunone-cu13");
  CHECK(library.find("cos") != nullptr);
  CHECK_THROWS_WITH_AS(library.find("cunoneCreate"),
                       "cuda: libm.so.6 has no cunoneCreate; install a newer cuNone 9", Error);
}
