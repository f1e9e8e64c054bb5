#pragma once
// Owns one descriptor of cuDNN's graph API, which is created, given attributes, finalised and read.
// Source: cuDNN backend API reference, cudnn_backend.h (cuDNN 9).

#include <cudnn_graph.h>

#include <cstdint>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace fpanet::kernels {

/// Text such as "CUDNN_STATUS_NOT_SUPPORTED: message of cuDNN's last error".
std::string cudnn_reason(cudnnStatus_t status);

class CudnnDescriptor {
 public:
  explicit CudnnDescriptor(cudnnBackendDescriptorType_t type);
  CudnnDescriptor(CudnnDescriptor&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  CudnnDescriptor& operator=(CudnnDescriptor&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~CudnnDescriptor();

  cudnnBackendDescriptor_t raw() const { return raw_; }

  /// Sets one attribute. Throws Error with cuDNN's reason if cuDNN refuses it.
  template <class T>
  CudnnDescriptor& set(cudnnBackendAttributeName_t name, const T& value) {
    return set_array(name, type_of<T>(), 1, &value);
  }
  CudnnDescriptor& set(cudnnBackendAttributeName_t name, const CudnnDescriptor& value) {
    return set_array(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value.raw_);
  }
  /// Sets an attribute that is a list to the elements of a contiguous range.
  template <class Range>
  CudnnDescriptor& set_list(cudnnBackendAttributeName_t name, const Range& values) {
    using Element = std::remove_cvref_t<decltype(*std::data(values))>;
    return set_array(name, type_of<Element>(), std::size(values), std::data(values));
  }
  CudnnDescriptor& set_list(cudnnBackendAttributeName_t name,
                            const std::vector<CudnnDescriptor>& values);

  /// Finalises the descriptor when its attributes are complete. Throws Error with cuDNN's reason if
  /// they are inconsistent.
  CudnnDescriptor& finalize();
  /// The same, but returns whether cuDNN supports it: a configuration that the GPU or the library
  /// does not support is not an error.
  bool try_finalize();

  /// The elements of an array attribute of a finalised descriptor.
  template <class T>
  std::vector<T> get(cudnnBackendAttributeName_t name) const {
    std::vector<T> values(static_cast<std::size_t>(get_array(name, type_of<T>(), 0, nullptr)));
    const auto asked = static_cast<std::int64_t>(values.size());
    values.resize(static_cast<std::size_t>(get_array(name, type_of<T>(), asked, values.data())));
    return values;
  }
  /// The descriptors of `type` in an attribute, at most `most` of them.
  std::vector<CudnnDescriptor> get(cudnnBackendAttributeName_t name,
                                   cudnnBackendDescriptorType_t type, std::int64_t most) const;

 private:
  template <class T>
  static constexpr cudnnBackendAttributeType_t type_of();

  CudnnDescriptor& set_array(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                             std::size_t count, const void* values);
  std::int64_t get_array(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                         std::int64_t count, void* values) const;

  cudnnBackendDescriptor_t raw_ = nullptr;
};

template <class T>
constexpr cudnnBackendAttributeType_t CudnnDescriptor::type_of() {
  if constexpr (std::is_same_v<T, std::int64_t>) {
    return CUDNN_TYPE_INT64;
  } else if constexpr (std::is_same_v<T, float>) {
    return CUDNN_TYPE_FLOAT;
  } else if constexpr (std::is_same_v<T, bool>) {
    return CUDNN_TYPE_BOOLEAN;
  } else if constexpr (std::is_same_v<T, char>) {
    return CUDNN_TYPE_CHAR;
  } else if constexpr (std::is_same_v<T, cudnnHandle_t>) {
    return CUDNN_TYPE_HANDLE;
  } else if constexpr (std::is_same_v<T, cudnnDataType_t>) {
    return CUDNN_TYPE_DATA_TYPE;
  } else if constexpr (std::is_same_v<T, cudnnConvolutionMode_t>) {
    return CUDNN_TYPE_CONVOLUTION_MODE;
  } else if constexpr (std::is_same_v<T, cudnnPointwiseMode_t>) {
    return CUDNN_TYPE_POINTWISE_MODE;
  } else if constexpr (std::is_same_v<T, cudnnGenStatsMode_t>) {
    return CUDNN_TYPE_GENSTATS_MODE;
  } else if constexpr (std::is_same_v<T, cudnnBackendHeurMode_t>) {
    return CUDNN_TYPE_HEUR_MODE;
  } else if constexpr (std::is_same_v<T, cudnnBackendKnobType_t>) {
    return CUDNN_TYPE_KNOB_TYPE;
  } else if constexpr (std::is_same_v<T, cudnnBackendNumericalNote_t>) {
    return CUDNN_TYPE_NUMERICAL_NOTE;
  } else if constexpr (std::is_same_v<T, cudnnBackendBehaviorNote_t>) {
    return CUDNN_TYPE_BEHAVIOR_NOTE;
  } else {
    static_assert(std::is_same_v<T, void*>, "an attribute of this type needs a line here");
    return CUDNN_TYPE_VOID_PTR;
  }
}

}  // namespace fpanet::kernels
