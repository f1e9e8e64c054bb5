#pragma once
// The sizes of a tensor, at most four, in PyTorch's order: (N,C,H,W), (C_out,C_in,KH,KW), (N,P,K),
// (C).

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <string>

#include "engine/core/index.hpp"

namespace fpanet {

class Shape {
 public:
  static constexpr int kMaxRank = 4;

  Shape() = default;  ///< rank 0: a scalar, one element
  Shape(std::initializer_list<Index> sizes);
  /// Throws Error for more than four sizes, a negative size, or more than 2^62 elements.
  explicit Shape(std::span<const Index> sizes);

  int rank() const { return rank_; }
  Index operator[](int axis) const { return sizes_[static_cast<std::size_t>(axis)]; }
  Index numel() const;
  std::span<const Index> sizes() const { return {sizes_.data(), static_cast<std::size_t>(rank_)}; }
  std::string str() const;  ///< "(16,3,320,320)"
  bool operator==(const Shape&) const = default;

 private:
  std::array<Index, kMaxRank> sizes_{};
  int rank_ = 0;
};

}  // namespace fpanet

template <>
struct fmt::formatter<fpanet::Shape> {
  constexpr auto parse(format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(const fpanet::Shape& shape, Context& context) const {
    return std::ranges::copy(shape.str(), context.out()).out;
  }
};
