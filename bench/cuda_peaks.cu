// Measures the peak performance of a GPU: bytes per second (read plus written) of a
// device-to-device copy, and operations per second (a multiply-add counts as 2) of a large matrix
// product of random numbers with cuBLASLt in bf16, TF32 and fp32. These are the ceilings in
// docs/gpu.md. Prints one JSON object.

#include <cublasLt.h>
#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

void check(bool ok, const char* what, int status) {
  if (ok) return;
  std::fprintf(stderr, "cuda_peaks: %s failed with status %d\n", what, status);
  std::exit(1);
}
#define CHECK_CUDA(call)                                                 \
  do {                                                                   \
    const cudaError_t status_ = (call);                                  \
    check(status_ == cudaSuccess, cudaGetErrorString(status_), status_); \
  } while (false)
#define CHECK_BLAS(call)                                     \
  do {                                                       \
    const cublasStatus_t status_ = (call);                   \
    check(status_ == CUBLAS_STATUS_SUCCESS, #call, status_); \
  } while (false)

__device__ float random_in_one(std::uint64_t i) {
  i = (i ^ (i >> 30)) * 0xbf58476d1ce4e5b9ull;
  i = (i ^ (i >> 27)) * 0x94d049bb133111ebull;
  return static_cast<float>((i ^ (i >> 31)) >> 40) * 0x1p-23f - 1.0f;
}

template <class T>
__global__ void fill(T* values, std::uint64_t count, std::uint64_t seed) {
  const std::uint64_t step = static_cast<std::uint64_t>(gridDim.x) * blockDim.x;
  for (std::uint64_t i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step) {
    values[i] = static_cast<T>(random_in_one(i * 2654435761ull + seed));
  }
}

/// Median time in seconds of `work` on the default stream, after two runs for warming up.
template <class Work>
double seconds(const Work& work, int repeat = 11) {
  cudaEvent_t start, stop;
  CHECK_CUDA(cudaEventCreate(&start));
  CHECK_CUDA(cudaEventCreate(&stop));
  std::vector<float> times;
  for (int i = -2; i < repeat; ++i) {
    CHECK_CUDA(cudaEventRecord(start));
    work();
    CHECK_CUDA(cudaEventRecord(stop));
    CHECK_CUDA(cudaEventSynchronize(stop));
    float milliseconds = 0;
    CHECK_CUDA(cudaEventElapsedTime(&milliseconds, start, stop));
    if (i >= 0) times.push_back(milliseconds);
  }
  CHECK_CUDA(cudaEventDestroy(start));
  CHECK_CUDA(cudaEventDestroy(stop));
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2] * 1e-3;
}

double copy_bytes_per_second() {
  constexpr std::size_t kBytes = std::size_t{2} << 30;  // many times the L2 cache
  float *from = nullptr, *to = nullptr;
  CHECK_CUDA(cudaMalloc(&from, kBytes));
  CHECK_CUDA(cudaMalloc(&to, kBytes));
  fill<<<1024, 256>>>(from, kBytes / sizeof(float), 1);
  const double time =
      seconds([&] { CHECK_CUDA(cudaMemcpyAsync(to, from, kBytes, cudaMemcpyDeviceToDevice)); });
  CHECK_CUDA(cudaFree(from));
  CHECK_CUDA(cudaFree(to));
  return 2.0 * kBytes / time;
}

/// Operations per second of C = A^T B for n x n matrices of T with sums in float.
template <class T>
double product_flops(cublasLtHandle_t blas, cudaDataType type, cublasComputeType_t compute,
                     std::uint64_t n) {
  T *a = nullptr, *b = nullptr, *c = nullptr;
  CHECK_CUDA(cudaMalloc(&a, n * n * sizeof(T)));
  CHECK_CUDA(cudaMalloc(&b, n * n * sizeof(T)));
  CHECK_CUDA(cudaMalloc(&c, n * n * sizeof(T)));
  fill<<<1024, 256>>>(a, n * n, 1);
  fill<<<1024, 256>>>(b, n * n, 2);
  CHECK_CUDA(cudaGetLastError());
  constexpr std::size_t kWorkspace = std::size_t{64} << 20;
  void* workspace = nullptr;
  CHECK_CUDA(cudaMalloc(&workspace, kWorkspace));

  cublasLtMatmulDesc_t product;
  CHECK_BLAS(cublasLtMatmulDescCreate(&product, compute, CUDA_R_32F));
  const cublasOperation_t transpose = CUBLAS_OP_T;
  CHECK_BLAS(cublasLtMatmulDescSetAttribute(product, CUBLASLT_MATMUL_DESC_TRANSA, &transpose,
                                            sizeof transpose));
  cublasLtMatrixLayout_t layout;
  CHECK_BLAS(cublasLtMatrixLayoutCreate(&layout, type, n, n, static_cast<std::int64_t>(n)));
  cublasLtMatmulPreference_t preference;
  CHECK_BLAS(cublasLtMatmulPreferenceCreate(&preference));
  CHECK_BLAS(cublasLtMatmulPreferenceSetAttribute(
      preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &kWorkspace, sizeof kWorkspace));
  constexpr int kCandidates = 8;
  cublasLtMatmulHeuristicResult_t candidates[kCandidates];
  int found = 0;
  CHECK_BLAS(cublasLtMatmulAlgoGetHeuristic(blas, product, layout, layout, layout, layout,
                                            preference, kCandidates, candidates, &found));
  check(found > 0, "cublasLtMatmulAlgoGetHeuristic", 0);
  const float one = 1, zero = 0;
  double best = 1e30;
  for (int i = 0; i < found; ++i) {
    best = std::min(best, seconds(
                              [&] {
                                CHECK_BLAS(cublasLtMatmul(
                                    blas, product, &one, a, layout, b, layout, &zero, c, layout, c,
                                    layout, &candidates[i].algo, workspace, kWorkspace, nullptr));
                              },
                              7));
  }
  CHECK_BLAS(cublasLtMatmulPreferenceDestroy(preference));
  CHECK_BLAS(cublasLtMatrixLayoutDestroy(layout));
  CHECK_BLAS(cublasLtMatmulDescDestroy(product));
  for (void* memory :
       {static_cast<void*>(a), static_cast<void*>(b), static_cast<void*>(c), workspace}) {
    CHECK_CUDA(cudaFree(memory));
  }
  return 2.0 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n) / best;
}

}  // namespace

int main() {
  cudaDeviceProp gpu{};
  CHECK_CUDA(cudaGetDeviceProperties(&gpu, 0));
  int driver = 0;
  CHECK_CUDA(cudaDriverGetVersion(&driver));
  cublasLtHandle_t blas;
  CHECK_BLAS(cublasLtCreate(&blas));
  const double copy = copy_bytes_per_second();
  const double bf16 = product_flops<__nv_bfloat16>(blas, CUDA_R_16BF, CUBLAS_COMPUTE_32F, 8192);
  const double tf32 = product_flops<float>(blas, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32, 8192);
  const double fp32 = product_flops<float>(blas, CUDA_R_32F, CUBLAS_COMPUTE_32F_PEDANTIC, 4096);
  CHECK_BLAS(cublasLtDestroy(blas));
  std::printf(
      "{\"gpu\": \"%s\", \"multiprocessors\": %d, \"memory_bytes\": %zu, \"l2_bytes\": %d, "
      "\"driver_cuda\": \"%d.%d\", \"copy_bytes_per_second\": %.4g, "
      "\"flops\": {\"bf16\": %.4g, \"tf32\": %.4g, \"fp32\": %.4g}}\n",
      gpu.name, gpu.multiProcessorCount, gpu.totalGlobalMem, gpu.l2CacheSize, driver / 1000,
      driver % 1000 / 10, copy, bf16, tf32, fp32);
  return 0;
}
