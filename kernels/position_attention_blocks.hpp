#pragma once
// The algorithm of position_attention.hpp, written once for both devices in terms of their matrix
// products and a few small steps:
//
//   template <class T> struct Steps:
//     static std::size_t workspace_bytes(device, largest count)
//     normalise(map, count, MaxSum* sum)      map = softmax of `count` entries; returns max and sum
//     normalise_by(map, count, const MaxSum*) map = softmax with a given max and sum
//     combine(parts, count, MaxSum* whole)    combines the parts in order
//     rescale(m, sizes, parts, whole)         rescales the rows of M of each block
//     dot(a, b, count, double* sum)           sum of a b
//     score_gradient(map, gradient, count, const double* dot)   gradient = map (gradient - dot)

#include <algorithm>

#include "kernels/base/scratch.hpp"
#include "kernels/matmul.hpp"
#include "kernels/position_attention.hpp"

namespace fpanet::kernels {

template <class T, class Device, class Steps>
class AttentionBlocks {
 public:
  AttentionBlocks(const Device& device, const AttentionSizes& s) : device_(device), s_(s) {}

  std::size_t workspace_bytes() const {
    return kScratchAlignment + 2 * scratch_bytes<T>(block_entries()) +
           scratch_bytes<body::MaxSum>(s_.blocks()) + scratch_bytes<double>(1) + product_bytes() +
           Steps::workspace_bytes(device_, largest_count());
  }

  void forward(const AttentionInputs<T>& in, T* m, body::MaxSum* sums,
               std::span<std::byte> workspace) {
    take(workspace);
    for (Index image = 0; image < s_.images; ++image) {
      T* const result = m + image * s_.positions * s_.channels;
      for (Index b = 0; b < s_.blocks(); ++b) {
        multiply_scores(in, image, b);
        steps().normalise(map_, entries_in(b), parts_ + b);
        multiply(
            Product::ab, map_of(b), bottom_of(in, image),
            Matrices<T>{result + b * s_.block_rows * s_.channels, 1, s_.rows_in(b), s_.channels},
            Write::assign);
      }
      steps().combine(parts_, s_.blocks(), sums + image);
      steps().rescale(result, s_, parts_, sums + image);
    }
  }

  void backward(const AttentionInputs<T>& in, const T* m, const body::MaxSum* sums, const T* dm,
                const AttentionGradients<T>& gradients, std::span<std::byte> workspace) {
    take(workspace);
    for (Index image = 0; image < s_.images; ++image) {
      const Index offset = image * s_.positions * s_.channels;
      const Index keys_offset = image * s_.positions * s_.keys;
      steps().dot(m + offset, dm + offset, s_.positions * s_.channels, dot_);
      for (Index b = 0; b < s_.blocks(); ++b) {
        const auto later = [&](Write first) { return b == 0 ? first : Write::accumulate; };
        const Matrices<const T> dm_rows{dm + offset + b * s_.block_rows * s_.channels, 1,
                                        s_.rows_in(b), s_.channels};
        multiply_scores(in, image, b);
        steps().normalise_by(map_, entries_in(b), sums + image);
        if (gradients.bottom != nullptr) {
          multiply(Product::atb, map_of(b), dm_rows,
                   Matrices<T>{gradients.bottom + offset, 1, s_.positions, s_.channels},
                   later(gradients.write_bottom));
        }
        if (gradients.center == nullptr && gradients.top == nullptr) continue;
        multiply(Product::abt, dm_rows, bottom_of(in, image),
                 Matrices<T>{gradient_, 1, s_.rows_in(b), s_.positions}, Write::assign);
        steps().score_gradient(map_, gradient_, entries_in(b), dot_);
        const Matrices<const T> ds{gradient_, 1, s_.rows_in(b), s_.positions};
        if (gradients.center != nullptr) {
          multiply(Product::ab, ds, keys_of(in.top, image),
                   Matrices<T>{gradients.center + keys_offset + b * s_.block_rows * s_.keys, 1,
                               s_.rows_in(b), s_.keys},
                   gradients.write_center);
        }
        if (gradients.top != nullptr) {
          multiply(Product::atb, ds, center_of(in, image, b),
                   Matrices<T>{gradients.top + keys_offset, 1, s_.positions, s_.keys},
                   later(gradients.write_top));
        }
      }
    }
  }

 private:
  Index block_entries() const { return s_.block_rows * s_.positions; }
  Index entries_in(Index block) const { return s_.rows_in(block) * s_.positions; }
  Index largest_count() const { return std::max(block_entries(), s_.positions * s_.channels); }

  Matrices<const T> keys_of(const T* keys, Index image) const {
    return {keys + image * s_.positions * s_.keys, 1, s_.positions, s_.keys};
  }
  Matrices<const T> center_of(const AttentionInputs<T>& in, Index image, Index block) const {
    return {keys_of(in.center, image).data + block * s_.block_rows * s_.keys, 1, s_.rows_in(block),
            s_.keys};
  }
  Matrices<const T> bottom_of(const AttentionInputs<T>& in, Index image) const {
    return {in.bottom + image * s_.positions * s_.channels, 1, s_.positions, s_.channels};
  }
  Matrices<const T> map_of(Index block) const { return {map_, 1, s_.rows_in(block), s_.positions}; }

  void multiply(Product product, Matrices<const T> a, Matrices<const T> b, Matrices<T> c,
                Write write) const {
    matmul<T>(device_, product, a, b, c, write, product_workspace_);
  }
  void multiply_scores(const AttentionInputs<T>& in, Index image, Index block) const {
    multiply(Product::abt, center_of(in, image, block), keys_of(in.top, image),
             Matrices<T>{map_, 1, s_.rows_in(block), s_.positions}, Write::assign);
  }

  /// The largest workspace of any of the products. The last block may have fewer rows.
  std::size_t product_bytes() const {
    std::size_t most = 0;
    for (const Index rows : {s_.block_rows, s_.rows_in(s_.blocks() - 1)}) {
      const auto ask = [&](Product product, Index a_rows, Index a_cols, Index b_rows, Index b_cols,
                           Index c_rows, Index c_cols) {
        most = std::max(most, matmul_workspace_bytes<T>(
                                  device_, product, {nullptr, 1, a_rows, a_cols},
                                  {nullptr, 1, b_rows, b_cols}, {nullptr, 1, c_rows, c_cols}));
      };
      const Index p = s_.positions, k = s_.keys, c = s_.channels;
      ask(Product::abt, rows, k, p, k, rows, p);
      ask(Product::ab, rows, p, p, c, rows, c);
      ask(Product::atb, rows, p, rows, c, p, c);
      ask(Product::abt, rows, c, p, c, rows, p);
      ask(Product::ab, rows, p, p, k, rows, k);
      ask(Product::atb, rows, p, rows, k, p, k);
    }
    return scratch_bytes<std::byte>(static_cast<Index>(most));
  }

  void take(std::span<std::byte> workspace) {
    Scratch scratch(workspace);
    map_ = scratch.take<T>(block_entries());
    gradient_ = scratch.take<T>(block_entries());
    parts_ = scratch.take<body::MaxSum>(s_.blocks());
    dot_ = scratch.take<double>(1);
    const std::size_t product = product_bytes();
    product_workspace_ = {scratch.take<std::byte>(static_cast<Index>(product)), product};
    const std::size_t rest = Steps::workspace_bytes(device_, largest_count());
    step_workspace_ = {scratch.take<std::byte>(static_cast<Index>(rest)), rest};
  }

  Steps steps() const { return Steps{device_, step_workspace_}; }

  const Device& device_;
  AttentionSizes s_;
  T *map_ = nullptr, *gradient_ = nullptr;
  body::MaxSum* parts_ = nullptr;
  double* dot_ = nullptr;
  std::span<std::byte> product_workspace_, step_workspace_;
};

}  // namespace fpanet::kernels
