#include "engine/core/shape.hpp"

#include "engine/core/error.hpp"

namespace fpanet {

Shape::Shape(std::initializer_list<Index> sizes) : Shape(std::span<const Index>(sizes)) {}

Shape::Shape(std::span<const Index> sizes) {
  require(sizes.size() <= kMaxRank, "shape: {} dimensions given, at most {} are supported",
          sizes.size(), kMaxRank);
  Index count = 1;
  for (const Index size : sizes) {
    require(size >= 0, "shape: dimension {} has negative size {}", rank_, size);
    require(size == 0 || count <= (Index{1} << 62) / size,
            "shape: more than 2^62 elements (dimension {} has size {})", rank_, size);
    count *= size;
    sizes_[static_cast<std::size_t>(rank_++)] = size;
  }
}

Index Shape::numel() const {
  Index count = 1;
  for (const Index size : sizes()) count *= size;
  return count;
}

std::string Shape::str() const {
  std::string text = "(";
  for (int axis = 0; axis < rank_; ++axis) {
    if (axis > 0) text += ',';
    text += std::to_string((*this)[axis]);
  }
  return text + ')';
}

}  // namespace fpanet
