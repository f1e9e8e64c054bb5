#pragma once
// Tensor: a typed, shaped window on shared storage. Copying a Tensor copies the handle, not the
// data.
//
// Memory layout, the one rule of the engine: a rank-4 tensor (N,C,H,W) is stored channels-last,
// that is N,H,W,C with C fastest (PyTorch's channels_last); so is a weight (C_out,C_in,KH,KW),
// stored C_out,KH,KW,C_in. Every other rank is stored row-major. There are no other strides.

#include <memory>
#include <span>

#include "engine/core/device.hpp"
#include "engine/core/dtype.hpp"
#include "engine/core/shape.hpp"
#include "engine/core/storage.hpp"

namespace fpanet {

class Tensor {
 public:
  Tensor() = default;  ///< empty: no storage; defined() is false

  static Tensor empty(const Shape& shape, DType dtype, Device device = Device::cpu());
  static Tensor zeros(const Shape& shape, DType dtype, Device device = Device::cpu());
  /// A window on existing storage. Throws when it would reach past the storage's end.
  Tensor(std::shared_ptr<Storage> storage, std::size_t byte_offset, const Shape& shape,
         DType dtype);

  bool defined() const { return storage_ != nullptr; }
  const Shape& shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  Device device() const { return storage_->device(); }
  Index numel() const { return shape_.numel(); }
  std::size_t bytes() const { return static_cast<std::size_t>(numel()) * size_of(dtype_); }
  std::byte* raw() const { return storage_->data() + byte_offset_; }

  /// Typed pointer to the first element in memory order; throws when T is not the dtype.
  template <class T>
  T* data() const {
    check_dtype(dtype_v<T>);
    return reinterpret_cast<T*>(raw());
  }
  /// All elements in memory order (CPU only to read).
  template <class T>
  std::span<T> span() const {
    return {data<T>(), static_cast<std::size_t>(numel())};
  }

  /// Same memory under another shape with the same number of elements. Memory order stays: viewing
  /// (N,C,H,W) as (N,H*W,C) is free and means what it says, because C is fastest.
  Tensor reshaped(const Shape& shape) const;
  /// `count` items of the first dimension from `first` on, sharing memory.
  Tensor slice(Index first, Index count) const;
  Tensor clone() const;
  Tensor to(Device device) const;  ///< a copy on `device` (the same handle if already there)
  Tensor cast(DType dtype) const;  ///< CPU only: elementwise conversion, a new tensor
  void copy_from(const Tensor& other) const;  ///< same shape and dtype, any devices
  void zero() const;

 private:
  void check_dtype(DType wanted) const;

  std::shared_ptr<Storage> storage_;
  std::size_t byte_offset_ = 0;
  Shape shape_;
  DType dtype_ = DType::f32;
};

}  // namespace fpanet
