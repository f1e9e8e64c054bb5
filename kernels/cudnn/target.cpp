#include "kernels/cudnn/target.hpp"

#include "engine/core/error.hpp"

namespace fpanet::kernels {

#if CUDNN_VERSION >= 90800

CudnnTarget::CudnnTarget(const std::string& device_properties) {
  CudnnDescriptor device(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  device.set_list(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, device_properties).finalize();
  device_.push_back(std::move(device));
}

void CudnnTarget::attach_to_heuristics(CudnnDescriptor& heuristics) const {
  for (const CudnnDescriptor& device : device_) {
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, device);
  }
}

void CudnnTarget::attach_to_engine(CudnnDescriptor& engine) const {
  for (const CudnnDescriptor& device : device_) engine.set(CUDNN_ATTR_ENGINE_DEVICEPROP, device);
}

void CudnnTarget::attach_to_plan(CudnnDescriptor& plan) const {
  if (handle_ != nullptr) plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle_);
  for (const CudnnDescriptor& device : device_) {
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, device);
  }
}

#else

CudnnTarget::CudnnTarget(const std::string&) {
  fail("cuDNN: planning without a GPU needs version 9.8 or later, this is {}", CUDNN_VERSION);
}

void CudnnTarget::attach_to_heuristics(CudnnDescriptor&) const {}

void CudnnTarget::attach_to_engine(CudnnDescriptor&) const {}

void CudnnTarget::attach_to_plan(CudnnDescriptor& plan) const {
  plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle_);
}

#endif

void CudnnTarget::attach_to_graph(CudnnDescriptor& graph) const {
  if (handle_ != nullptr) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle_);
}

}  // namespace fpanet::kernels
