#pragma once
// The GPU for which cuDNN plans.

#include <string>
#include <vector>

#include "kernels/cudnn/descriptor.hpp"

namespace fpanet::kernels {

/// This machine's GPU, given by a handle. With cuDNN 9.8 and later, it can instead be a GPU that is
/// only described by the JSON text of its properties: everything up to a finalised plan then works
/// without that GPU.
class CudnnTarget {
 public:
  explicit CudnnTarget(cudnnHandle_t handle) : handle_(handle) {}
  explicit CudnnTarget(const std::string& device_properties);

  void attach_to_graph(CudnnDescriptor& graph) const;
  void attach_to_heuristics(CudnnDescriptor& heuristics) const;
  void attach_to_engine(CudnnDescriptor& engine) const;
  void attach_to_plan(CudnnDescriptor& plan) const;

 private:
  cudnnHandle_t handle_ = nullptr;
  std::vector<CudnnDescriptor> device_;  // one element, or none if there is a handle
};

}  // namespace fpanet::kernels
