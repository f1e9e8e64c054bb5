#include "engine/core/cuda_device.hpp"

#include "engine/core/cuda_check.hpp"
#include "engine/core/cuda_handles.hpp"
#include "engine/core/cuda_libraries.hpp"
#include "engine/core/error.hpp"

namespace fpanet {
namespace {

constexpr int kOldestCapability = 75;  // Turing

std::string cuda_version(int version) {
  return fmt::format("CUDA {}.{}", version / 1000, version % 1000 / 10);
}

/// `dnn` and `blas` are the version numbers as the headers and libraries encode them.
std::string library_versions(std::size_t dnn, std::size_t blas) {
  int runtime = 0;
  cudaRuntimeGetVersion(&runtime);
  return fmt::format("{}, cuDNN {}.{}.{}, cuBLASLt {}.{}.{}", cuda_version(runtime), dnn / 10000,
                     dnn % 10000 / 100, dnn % 100, blas / 10000, blas % 10000 / 100, blas % 100);
}

/// Why no GPU can be used, given the error that cudaGetDeviceCount returned.
std::string problem_of(cudaError_t error) {
  int driver = 0, runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  if (driver == 0) return "no NVIDIA driver is installed on this machine";
  if (error == cudaErrorInsufficientDriver) {
    return fmt::format(
        "the NVIDIA driver runs {} at most, but this build needs {}: update the driver",
        cuda_version(driver), cuda_version(runtime));
  }
  if (error == cudaErrorNoDevice) {
    return "the driver sees no GPU (CUDA_VISIBLE_DEVICES hides GPUs that it does not name)";
  }
  return fmt::format("{} ({})", cudaGetErrorString(error), cudaGetErrorName(error));
}

std::string problem_of(const CudaDeviceInfo& device) {
  if (device.major * 10 + device.minor >= kOldestCapability) return {};
  return fmt::format("compute capability {}.{} is too old: {}.{} or newer is needed", device.major,
                     device.minor, kOldestCapability / 10, kOldestCapability % 10);
}

CudaDeviceInfo device_info(int index) {
  cudaDeviceProp properties{};
  FPANET_CUDA_CHECK(cudaGetDeviceProperties(&properties, index));
  CudaDeviceInfo device{.index = index,
                        .name = properties.name,
                        .major = properties.major,
                        .minor = properties.minor,
                        .sm_count = properties.multiProcessorCount,
                        .memory_bytes = properties.totalGlobalMem};
  device.problem = problem_of(device);
  return device;
}

}  // namespace

CudaHandles::~CudaHandles() {
  // Errors are ignored: the calls that caused them have already thrown.
  convolution_planner.reset();  // the planners use the library handles, so they go first
  product_planner.reset();
  if (dnn != nullptr) cudnn().cudnnDestroy(dnn);
  if (blas != nullptr) cublaslt().cublasLtDestroy(blas);
  if (copy_stream != nullptr) cudaStreamDestroy(copy_stream);
  if (stream != nullptr) cudaStreamDestroy(stream);
}

Cuda open_cuda(int index, const CudaOptions& options) {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  require(error == cudaSuccess, "cuda:{}: {}", index, problem_of(error));
  require(index >= 0 && index < count, "cuda:{}: this machine has {}", index,
          count == 1 ? std::string("one GPU, cuda:0")
                     : fmt::format("{} GPUs, cuda:0 to cuda:{}", count, count - 1));
  const CudaDeviceInfo device = device_info(index);
  require(device.problem.empty(), "cuda:{} ({}): {}", index, device.name, device.problem);

  auto handles = std::make_shared<CudaHandles>();
  handles->index = index;
  handles->capability = device.major * 10 + device.minor;
  handles->sm_count = device.sm_count;
  handles->deterministic = options.deterministic;
  handles->allow_tf32 = options.allow_tf32;
  FPANET_CUDA_CHECK(cudaSetDevice(index));
  FPANET_CUDA_CHECK(cudaDeviceGetAttribute(&handles->max_shared_bytes,
                                           cudaDevAttrMaxSharedMemoryPerBlockOptin, index));
  // Not cudaStreamNonBlocking: blocking copies run on the legacy default stream, which then
  // synchronises with this stream in both directions.
  FPANET_CUDA_CHECK(cudaStreamCreate(&handles->stream));
  FPANET_CUDA_CHECK(cudaStreamCreateWithFlags(&handles->copy_stream, cudaStreamNonBlocking));
  FPANET_CUBLAS_CHECK(cublaslt().cublasLtCreate(&handles->blas));
  FPANET_CUDNN_CHECK(cudnn().cudnnCreate(&handles->dnn));
  FPANET_CUDNN_CHECK(cudnn().cudnnSetStream(handles->dnn, handles->stream));
  return {.index = index, .handles = std::move(handles), .graphs = options.graphs};
}

std::size_t cuda_free_bytes(int index) {
  std::size_t free = 0, total = 0;
  FPANET_CUDA_CHECK(cudaSetDevice(index));
  FPANET_CUDA_CHECK(cudaMemGetInfo(&free, &total));
  return free;
}

CudaSupport cuda_support() {
  CudaSupport support{.built = true, .libraries = library_versions(CUDNN_VERSION, CUBLAS_VERSION)};
  int driver = 0;
  if (cudaDriverGetVersion(&driver) == cudaSuccess && driver > 0) {
    support.driver = cuda_version(driver);
  }
  int count = 0;
  if (const cudaError_t error = cudaGetDeviceCount(&count); error != cudaSuccess) {
    support.problem = problem_of(error);
    return support;
  }
  for (int index = 0; index < count; ++index) {
    CudaDeviceInfo device = device_info(index);
    if (device.problem.empty() && cudaSetDevice(index) == cudaSuccess) {
      std::size_t total = 0;
      cudaMemGetInfo(&device.free_bytes, &total);
    }
    support.devices.push_back(std::move(device));
  }
  cudaSetDevice(0);
  bool usable = false;
  for (const CudaDeviceInfo& device : support.devices) usable |= device.problem.empty();
  if (!usable) {
    support.problem = "no GPU can be used";
    return support;
  }
  try {
    support.libraries =
        library_versions(cudnn().cudnnGetVersion(), cublaslt().cublasLtGetVersion());
  } catch (const Error& missing) {
    support.problem = missing.what();
  }
  return support;
}

}  // namespace fpanet
