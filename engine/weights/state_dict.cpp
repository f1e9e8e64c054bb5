#include "engine/weights/state_dict.hpp"

#include <fmt/core.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "engine/core/join.hpp"
#include "engine/core/layout.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

template <class T>
constexpr bool is_small_float = std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>;

template <class To, class From>
To convert_element(From value) {
  if constexpr (is_small_float<From>) {
    return convert_element<To>(static_cast<float>(value));
  } else if constexpr (is_small_float<To>) {
    return To(static_cast<float>(value));
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    require(value == std::trunc(value) && std::fabs(value) < From{0x1p62},
            "weights: {} is not a 64-bit integer", value);
    return convert_element<To>(static_cast<std::int64_t>(value));
  } else if constexpr (std::is_integral_v<From> && std::is_integral_v<To>) {
    if constexpr (!std::is_same_v<From, bool>) {
      require(std::in_range<To>(value), "weights: {} does not fit into {} bits", value,
              8 * sizeof(To));
    }
    return static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

template <class T>
T load_element(const std::byte* at) {
  if constexpr (std::is_same_v<T, bool>) {
    return *at != std::byte{0};  // a file may contain any byte, but a bool must be 0 or 1
  } else {
    T value;
    std::memcpy(&value, at, sizeof(T));
    return value;
  }
}

template <class To>
std::vector<To> converted(ElementType type, std::span<const std::byte> bytes) {
  return visit_element_type(type, [&]<class From>(From) {
    std::vector<To> result(bytes.size() / sizeof(From));
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i] = convert_element<To>(load_element<From>(bytes.data() + i * sizeof(From)));
    }
    return result;
  });
}

/// Calls f(T{}) with the C++ type of an engine dtype.
template <class F>
void visit_dtype(DType dtype, F&& f) {
  visit_element_type(element_type_of(dtype), [&]<class T>(T value) {
    if constexpr (requires { dtype_of<T>::value; }) f(value);
  });
}

}  // namespace

StateEntry::StateEntry(ElementType type, std::vector<std::int64_t> shape, Bytes bytes)
    : type_(type), shape_(std::move(shape)), bytes_(std::move(bytes)) {
  const auto wanted = static_cast<std::size_t>(checked_numel(shape_, "entry")) * size_of(type_);
  if (bytes_.size() == wanted) return;
  fail("weights: {} {} needs {} bytes, not {}", name_of(type_), shape_text(shape_), wanted,
       bytes_.size());
}

StateEntry StateEntry::from_tensor(const Tensor& tensor) {
  const Tensor local = tensor.to(Device::cpu());
  const auto sizes = local.shape().sizes();
  Bytes bytes;
  visit_dtype(local.dtype(), [&]<class T>(T) {
    const auto values = std::make_shared<const std::vector<T>>(to_row_major<T>(local));
    bytes = Bytes(values, std::as_bytes(std::span(*values)));
  });
  return {element_type_of(local.dtype()), {sizes.begin(), sizes.end()}, std::move(bytes)};
}

StateEntry StateEntry::from_values(std::span<const float> values, std::vector<std::int64_t> shape) {
  return {ElementType::f32, std::move(shape), Bytes::copy_of(std::as_bytes(values))};
}

StateEntry StateEntry::scalar(std::int64_t value) {
  return {ElementType::i64, {}, Bytes::copy_of(std::as_bytes(std::span(&value, 1)))};
}

std::int64_t StateEntry::numel() const {
  return static_cast<std::int64_t>(bytes_.size() / size_of(type_));
}

template <class T>
std::vector<T> StateEntry::values() const {
  return converted<T>(type_, bytes_.span());
}
template std::vector<float> StateEntry::values() const;
template std::vector<double> StateEntry::values() const;
template std::vector<std::int64_t> StateEntry::values() const;

namespace {

/// The first element for which `test` is true of its value as a double.
template <class Test>
std::optional<StateEntry::NotFinite> find_element(const StateEntry& entry, Test&& test) {
  return visit_element_type(entry.type(), [&]<class T>(T) -> std::optional<StateEntry::NotFinite> {
    if constexpr (std::is_floating_point_v<T> || is_small_float<T>) {
      for (std::int64_t i = 0; i < entry.numel(); ++i) {
        const double value = convert_element<double>(
            load_element<T>(entry.bytes().data() + static_cast<std::size_t>(i) * sizeof(T)));
        if (test(value)) return StateEntry::NotFinite{i, value};
      }
    }
    return std::nullopt;
  });
}

}  // namespace

std::optional<StateEntry::NotFinite> StateEntry::find_not_finite() const {
  return find_element(*this, [](double value) {
    return !(std::fabs(value) <= double{std::numeric_limits<float>::max()});
  });
}

bool StateEntry::has_negative() const {
  return find_element(*this, [](double value) { return value < 0; }).has_value();
}

Tensor StateEntry::to_tensor(DType dtype, Device device) const {
  const Tensor tensor = Tensor::empty(Shape(std::span<const Index>(shape_)), dtype, device);
  copy_into(tensor);
  return tensor;
}

void StateEntry::copy_into(const Tensor& tensor) const {
  const auto sizes = tensor.shape().sizes();
  require(std::equal(sizes.begin(), sizes.end(), shape_.begin(), shape_.end()),
          "weights: an entry of shape {} cannot fill a tensor of shape {}", shape_text(shape_),
          tensor.shape());
  const bool local = tensor.device().is_cpu();
  const Tensor target = local ? tensor : Tensor::empty(tensor.shape(), tensor.dtype());
  visit_dtype(target.dtype(), [&]<class T>(T) {
    const bool aligned = reinterpret_cast<std::uintptr_t>(bytes_.data()) % alignof(T) == 0;
    if (type_ == element_type_of(target.dtype()) && aligned) {
      from_row_major<T>({reinterpret_cast<const T*>(bytes_.data()), bytes_.size() / sizeof(T)},
                        target);
    } else {
      from_row_major<T>(converted<T>(type_, bytes_.span()), target);
    }
  });
  if (!local) tensor.copy_from(target);
}

std::string shape_text(std::span<const std::int64_t> shape) {
  return fmt::format("({})", join(shape, ","));
}

std::int64_t checked_numel(std::span<const std::int64_t> shape, std::string_view what) {
  constexpr std::int64_t kMax = std::int64_t{1} << 62;
  std::int64_t product = 1;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) fail("{}: shape {} has a negative size", what, shape_text(shape));
    empty = empty || size == 0;
    if (size == 0) continue;
    if (size >= kMax / product) fail("{}: shape {} has too many elements", what, shape_text(shape));
    product *= size;
  }
  return empty ? 0 : product;
}

void StateDict::add(std::string name, StateEntry entry) {
  const bool is_new = index_.emplace(name, items_.size()).second;
  require(is_new, "weights: two entries are named {}", printable(name));
  items_.emplace_back(std::move(name), std::move(entry));
}

const StateEntry* StateDict::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &items_[found->second].second;
}

const StateEntry& StateDict::at(std::string_view name) const {
  const StateEntry* entry = find(name);
  require(entry != nullptr, "weights: there is no entry named {}", printable(name));
  return *entry;
}

}  // namespace fpanet
