#pragma once
// State dict: the contents of a weight file, an ordered list of named entries of any element type
// and rank. The bytes of an entry are row-major and little-endian, as in all supported file
// formats, and may be a view of the mapped file.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/core/tensor.hpp"
#include "engine/weights/bytes.hpp"
#include "engine/weights/element_type.hpp"

namespace fpanet {

class StateEntry {
 public:
  StateEntry() = default;
  /// Throws Error if `bytes` does not have exactly the size that follows from type and shape.
  StateEntry(ElementType type, std::vector<std::int64_t> shape, Bytes bytes);
  /// A copy of `tensor` (any device) in row-major order.
  static StateEntry from_tensor(const Tensor& tensor);
  /// An f32 entry with a copy of `values`, which are in row-major order.
  static StateEntry from_values(std::span<const float> values, std::vector<std::int64_t> shape);
  static StateEntry scalar(std::int64_t value);  ///< rank 0, i64

  ElementType type() const { return type_; }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t numel() const;
  const Bytes& bytes() const { return bytes_; }

  /// The elements in row-major order, converted to T = float, double or std::int64_t. Throws Error
  /// if T is std::int64_t and an element is a fraction, a NaN or out of range.
  template <class T>
  std::vector<T> values() const;

  /// The first element that float32 cannot hold as a finite number: NaN, infinity, or out of range.
  struct NotFinite {
    std::int64_t element = 0;  ///< in row-major order
    double value = 0;
  };
  std::optional<NotFinite> find_not_finite() const;
  bool has_negative() const;

  /// A new tensor of this shape (rank at most 4) in the engine's layout.
  Tensor to_tensor(DType dtype, Device device = Device::cpu()) const;
  /// Fills a tensor of the same shape, converting to its dtype and layout. Throws Error if the
  /// shapes differ.
  void copy_into(const Tensor& tensor) const;

 private:
  ElementType type_ = ElementType::f32;
  std::vector<std::int64_t> shape_ = {0};
  Bytes bytes_;
};

/// "(64,3,7,7)"
std::string shape_text(std::span<const std::int64_t> shape);
/// The number of elements of a shape that comes from a file. Throws an Error that names `what` if a
/// size is negative or the product of the non-zero sizes is 2^62 or more.
std::int64_t checked_numel(std::span<const std::int64_t> shape, std::string_view what);

class StateDict {
 public:
  using Item = std::pair<std::string, StateEntry>;

  /// Appends an entry; throws Error if the name exists already.
  void add(std::string name, StateEntry entry);
  const StateEntry* find(std::string_view name) const;  ///< nullptr if absent
  const StateEntry& at(std::string_view name) const;    ///< throws Error if absent
  bool contains(std::string_view name) const { return find(name) != nullptr; }

  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  const Item& operator[](std::size_t position) const { return items_[position]; }
  auto begin() const { return items_.begin(); }  ///< items in file order
  auto end() const { return items_.end(); }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::vector<Item> items_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> index_;
};

}  // namespace fpanet
