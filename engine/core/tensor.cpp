#include "engine/core/tensor.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "engine/core/cuda_memory.hpp"

namespace fpanet {

namespace {

template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<From, bfloat16>) {
    return convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, bfloat16>) {
    return bfloat16(static_cast<float>(value));
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // The language leaves open what a number becomes that the type cannot hold. The largest value may round up
    // to one that it cannot hold, either.
    constexpr auto kLowest = static_cast<From>(std::numeric_limits<To>::lowest());
    constexpr auto kLargest = static_cast<From>(std::numeric_limits<To>::max());
    if (std::isnan(value)) return 0;
    if (value <= kLowest) return std::numeric_limits<To>::lowest();
    if (value >= kLargest) return std::numeric_limits<To>::max();
    return static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

template <class F>
void visit_dtype(DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32:
      return f(float{});
    case DType::f64:
      return f(double{});
    case DType::bf16:
      return f(bfloat16{});
    case DType::u8:
      return f(std::uint8_t{});
    case DType::i32:
      return f(std::int32_t{});
    case DType::i64:
      return f(std::int64_t{});
    case DType::u16:
      return f(std::uint16_t{});
    case DType::i16:
      return f(std::int16_t{});
  }
}

}  // namespace

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
  const auto bytes = static_cast<std::size_t>(shape.numel()) * size_of(dtype);
  return Tensor(Storage::allocate(bytes, device), 0, shape, dtype);
}

Tensor Tensor::zeros(const Shape& shape, DType dtype, Device device) {
  Tensor tensor = empty(shape, dtype, device);
  tensor.zero();
  return tensor;
}

Tensor::Tensor(std::shared_ptr<Storage> storage, std::size_t byte_offset, const Shape& shape,
               DType dtype)
    : storage_(std::move(storage)), byte_offset_(byte_offset), shape_(shape), dtype_(dtype) {
  require(byte_offset_ <= storage_->bytes() && bytes() <= storage_->bytes() - byte_offset_,
          "tensor: {} {} at byte {} does not fit into storage of {} bytes", name_of(dtype), shape,
          byte_offset, storage_->bytes());
}

void Tensor::check_dtype(DType wanted) const {
  require(defined(), "tensor: {} data asked of an empty tensor", name_of(wanted));
  require(dtype_ == wanted, "tensor: {} data asked of a {} tensor of shape {}", name_of(wanted),
          name_of(dtype_), shape_);
}

Tensor Tensor::reshaped(const Shape& shape) const {
  require(shape.numel() == numel(), "tensor: {} elements of {} cannot be viewed as {}", numel(),
          shape_, shape);
  return Tensor(storage_, byte_offset_, shape, dtype_);
}

Tensor Tensor::slice(Index first, Index count) const {
  require(shape_.rank() > 0 && first >= 0 && count >= 0 && first + count <= shape_[0],
          "tensor: items {}..{} are outside {}", first, first + count, shape_);
  std::array<Index, Shape::kMaxRank> sizes{};
  std::copy(shape_.sizes().begin(), shape_.sizes().end(), sizes.begin());
  sizes[0] = count;
  const Shape part(std::span<const Index>(sizes.data(), shape_.sizes().size()));
  const std::size_t item_bytes = shape_[0] == 0 ? 0 : bytes() / static_cast<std::size_t>(shape_[0]);
  return Tensor(storage_, byte_offset_ + static_cast<std::size_t>(first) * item_bytes, part,
                dtype_);
}

Tensor Tensor::clone() const {
  Tensor copy = empty(shape_, dtype_, device());
  copy.copy_from(*this);
  return copy;
}

Tensor Tensor::to(Device target) const {
  if (device() == target) return *this;
  Tensor copy = empty(shape_, dtype_, target);
  copy.copy_from(*this);
  return copy;
}

Tensor Tensor::cast(DType dtype) const {
  if (dtype == dtype_) return clone();
  require(device().is_cpu(), "tensor: cast {} -> {} needs a CPU tensor, this one is on {}",
          name_of(dtype_), name_of(dtype), device().str());
  Tensor result = empty(shape_, dtype);
  visit_dtype(dtype_, [&]<class From>(From) {
    visit_dtype(dtype, [&]<class To>(To) {
      const std::span<From> from = span<From>();
      const std::span<To> to = result.span<To>();
      std::transform(from.begin(), from.end(), to.begin(), convert<To, From>);
    });
  });
  return result;
}

void Tensor::copy_from(const Tensor& other) const {
  require(other.shape_ == shape_ && other.dtype_ == dtype_, "tensor: cannot copy {} {} into {} {}",
          name_of(other.dtype_), other.shape_, name_of(dtype_), shape_);
  copy_bytes(raw(), device(), other.raw(), other.device(), bytes());
}

void Tensor::zero() const {
  if (device().is_cpu()) {
    std::memset(raw(), 0, bytes());
  } else {
    cuda_zero(raw(), device().index, bytes());
  }
}

}  // namespace fpanet
