#include "kernels/cudnn/descriptor.hpp"

#include <array>
#include <string_view>

#include "engine/core/cuda_libraries.hpp"
#include "engine/core/error.hpp"

namespace fpanet::kernels {
namespace {

void check(cudnnStatus_t status, std::string_view step) {
  if (status != CUDNN_STATUS_SUCCESS) fail("cuDNN: {}: {}", step, cudnn_reason(status));
}

}  // namespace

std::string cudnn_reason(cudnnStatus_t status) {
  std::array<char, 1024> detail{};
  cudnn().cudnnGetLastErrorString(detail.data(), detail.size());
  return fmt::format("{}: {}", cudnn().cudnnGetErrorString(status), detail.data());
}

CudnnDescriptor::CudnnDescriptor(cudnnBackendDescriptorType_t type) {
  check(cudnn().cudnnBackendCreateDescriptor(type, &raw_), fmt::format("descriptor {}", int(type)));
}

CudnnDescriptor::~CudnnDescriptor() {
  if (raw_ != nullptr) cudnn().cudnnBackendDestroyDescriptor(raw_);
}

CudnnDescriptor& CudnnDescriptor::set_list(cudnnBackendAttributeName_t name,
                                           const std::vector<CudnnDescriptor>& values) {
  std::vector<cudnnBackendDescriptor_t> raw;
  for (const CudnnDescriptor& value : values) raw.push_back(value.raw_);
  return set_array(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, raw.size(), raw.data());
}

CudnnDescriptor& CudnnDescriptor::set_array(cudnnBackendAttributeName_t name,
                                            cudnnBackendAttributeType_t type, std::size_t count,
                                            const void* values) {
  check(
      cudnn().cudnnBackendSetAttribute(raw_, name, type, static_cast<std::int64_t>(count), values),
      fmt::format("setting attribute {}", int(name)));
  return *this;
}

CudnnDescriptor& CudnnDescriptor::finalize() {
  check(cudnn().cudnnBackendFinalize(raw_), "finalising a descriptor");
  return *this;
}

bool CudnnDescriptor::try_finalize() {
  return cudnn().cudnnBackendFinalize(raw_) == CUDNN_STATUS_SUCCESS;
}

std::int64_t CudnnDescriptor::get_array(cudnnBackendAttributeName_t name,
                                        cudnnBackendAttributeType_t type, std::int64_t count,
                                        void* values) const {
  std::int64_t found = 0;
  check(cudnn().cudnnBackendGetAttribute(raw_, name, type, count, &found, values),
        fmt::format("reading attribute {}", int(name)));
  return found;
}

std::vector<CudnnDescriptor> CudnnDescriptor::get(cudnnBackendAttributeName_t name,
                                                  cudnnBackendDescriptorType_t type,
                                                  std::int64_t most) const {
  std::vector<CudnnDescriptor> values;
  std::vector<cudnnBackendDescriptor_t> raw;
  for (std::int64_t i = 0; i < most; ++i) {
    values.emplace_back(type);  // cuDNN fills descriptors that the caller creates
    raw.push_back(values.back().raw_);
  }
  const std::int64_t found = get_array(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, most, raw.data());
  while (static_cast<std::int64_t>(values.size()) > found) values.pop_back();
  return values;
}

}  // namespace fpanet::kernels
