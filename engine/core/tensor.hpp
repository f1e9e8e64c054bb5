#pragma once
// Tensor: a view of shared storage with a dtype and a shape. Copying a Tensor copies the handle,
// not the data.
//
// Memory layout: a rank-4 tensor (N,C,H,W) is stored channels-last, that is as N,H,W,C with C
// fastest (PyTorch's channels_last). A weight (C_out,C_in,KH,KW) is accordingly stored as
// C_out,KH,KW,C_in. Tensors of every other rank are stored row-major. The engine has no other
// strides.

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
  /// A view of existing storage. Throws Error if it would reach past the end of the storage.
  Tensor(std::shared_ptr<Storage> storage, std::size_t byte_offset, const Shape& shape,
         DType dtype);

  bool defined() const { return storage_ != nullptr; }
  const Shape& shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  Device device() const { return storage_->device(); }
  Index numel() const { return shape_.numel(); }
  std::size_t bytes() const { return static_cast<std::size_t>(numel()) * size_of(dtype_); }
  std::byte* raw() const { return storage_->data() + byte_offset_; }

  /// Typed pointer to the first element in memory order. Throws Error if T does not match the
  /// dtype.
  template <class T>
  T* data() const {
    check_dtype(dtype_v<T>);
    return reinterpret_cast<T*>(raw());
  }
  /// All elements in memory order. Only the elements of a CPU tensor can be accessed.
  template <class T>
  std::span<T> span() const {
    return {data<T>(), static_cast<std::size_t>(numel())};
  }

  /// The same memory with another shape of the same number of elements. The memory order does not
  /// change: (N,C,H,W) can be viewed as (N,H*W,C) at no cost, because C is fastest.
  Tensor reshaped(const Shape& shape) const;
  /// `count` items of the first dimension, starting at `first`; shares the memory.
  Tensor slice(Index first, Index count) const;
  Tensor clone() const;
  Tensor to(Device device) const;  ///< a copy on `device` (the same handle if already there)
  Tensor cast(DType dtype) const;  ///< CPU only, a copy; to integers: towards 0, clamped, 0 of NaN
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
