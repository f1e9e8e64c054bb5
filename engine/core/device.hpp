#pragma once
// Where a tensor lives (Device) and where a kernel runs (Context). Kernels are overloaded on the
// two context types; a build without CUDA links stubs whose Cuda overloads throw.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace fpanet {

struct Device {
  enum class Type { cpu, cuda };
  Type type = Type::cpu;
  int index = 0;

  static Device cpu() { return {}; }
  static Device cuda(int index = 0) { return {Type::cuda, index}; }
  /// "cpu", "cuda" or "cuda:1"; throws Error for anything else.
  static Device parse(std::string_view text);
  bool is_cpu() const { return type == Type::cpu; }
  std::string str() const;
  bool operator==(const Device&) const = default;
};

/// Runs on the calling thread and `threads - 1` OpenMP workers. Results never depend on `threads`.
struct Cpu {
  int threads = 1;
};

struct CudaHandles;  ///< streams and library handles; defined only in a build with CUDA

/// Enqueues on the streams of one GPU; created by open_cuda.
struct Cuda {
  int index = 0;
  std::shared_ptr<CudaHandles> handles = nullptr;
  bool graphs = true;  ///< planned programs are captured once and replayed
};

/// A GPU's streams: kernels run on `compute`; copies that overlap with kernels may use `copy`.
enum class CudaQueue : unsigned char { compute, copy };

using Context = std::variant<Cpu, Cuda>;

/// The number of threads to use by default: OMP_NUM_THREADS if set, else the number of processors
/// that this process may run on.
int default_threads();

/// Copies `bytes` bytes between any two devices; blocks until done.
void copy_bytes(void* to, Device to_device, const void* from, Device from_device,
                std::size_t bytes);

}  // namespace fpanet
