#include "kernels/matmul.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cassert>

#include "engine/core/parallel.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {
namespace {

// Size of the tile of c that one task computes. If factors must be widened, kWidenedDepth rows of
// the summed dimension are processed at a time, so that a tile and its factors in float (128 KiB)
// fit a task's stack and L2.
constexpr Index kTileRows = 64;
template <class T>
constexpr Index kTileCols = kRounded<T> ? 128 : 256;
constexpr Index kWidenedDepth = 128;

template <class T>
using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using Block = Eigen::Map<RowMajor<T>, Eigen::Unaligned, Eigen::OuterStride<>>;
template <class T>
using ConstBlock = Eigen::Map<const RowMajor<T>, Eigen::Unaligned, Eigen::OuterStride<>>;

template <class T>
ConstBlock<T> block(const T* matrix, Index stride, Index row, Index col, Index rows, Index cols) {
  return {matrix + row * stride + col, rows, cols, Eigen::OuterStride<>(stride)};
}

template <class Left, class Right, class Result>
void multiply(const Left& left, const Right& right, Result& result, Write write) {
  if (write == Write::assign) {
    result.noalias() = left * right;
  } else {
    result.noalias() += left * right;
  }
}

template <class T, class Result>
void multiply(Product product, const ConstBlock<T>& left, const ConstBlock<T>& right,
              Result& result, Write write) {
  switch (product) {
    case Product::ab:
      return multiply(left, right, result, write);
    case Product::abt:
      return multiply(left, right.transpose(), result, write);
    case Product::atb:
      return multiply(left.transpose(), right, result, write);
  }
}

/// The factors of one tile of c, which is rows [row, row + rows) and columns [col, col + cols) of
/// the product.
template <class T>
struct TileFactors {
  Product product;
  const T *left, *right;
  Index left_stride, right_stride;
  Index row, col, rows, cols;

  /// The blocks of the left and the right factor for [k, k + depth) of the summed dimension.
  ConstBlock<T> left_block(Index k, Index depth) const {
    return product == Product::atb ? block(left, left_stride, k, row, depth, rows)
                                   : block(left, left_stride, row, k, rows, depth);
  }
  ConstBlock<T> right_block(Index k, Index depth) const {
    return product == Product::abt ? block(right, right_stride, col, k, cols, depth)
                                   : block(right, right_stride, k, col, depth, cols);
  }
};

/// Copies a block to float.
ConstBlock<float> widened(const ConstBlock<bfloat16>& from, float* to) {
  const Index rows = from.rows(), cols = from.cols();
  for (Index i = 0; i < rows; ++i) {
    const bfloat16* const row = from.data() + i * from.outerStride();
    for (Index j = 0; j < cols; ++j) to[i * cols + j] = real(row[j]);
  }
  return block<float>(to, cols, 0, 0, rows, cols);
}

template <class T>
void multiply_tile(const TileFactors<T>& f, Index depth, T* c, Index c_stride, Write write) {
  if constexpr (kRounded<T>) {
    alignas(64) float left[kTileRows * kWidenedDepth];
    alignas(64) float right[kWidenedDepth * kTileCols<T>];
    alignas(64) float sums[kTileRows * kTileCols<T>];
    Block<float> sum(sums, f.rows, f.cols, Eigen::OuterStride<>(f.cols));
    for (Index k = 0; k < depth; k += kWidenedDepth) {
      const Index part = std::min(kWidenedDepth, depth - k);
      multiply(f.product, widened(f.left_block(k, part), left),
               widened(f.right_block(k, part), right), sum,
               k == 0 ? Write::assign : Write::accumulate);
    }
    for (Index i = 0; i < f.rows; ++i) {
      for (Index j = 0; j < f.cols; ++j) store(c[i * c_stride + j], sums[i * f.cols + j], write);
    }
  } else {
    Block<T> tile(c, f.rows, f.cols, Eigen::OuterStride<>(c_stride));
    multiply(f.product, f.left_block(0, depth), f.right_block(0, depth), tile, write);
  }
}

}  // namespace

template <class T>
void matmul(const Cpu& cpu, Product product, Matrices<const T> a, Matrices<const T> b,
            Matrices<T> c, Write write, std::span<std::byte>) {
  const Index depth = product == Product::atb ? a.rows : a.cols;
  assert(depth == (product == Product::abt ? b.cols : b.rows));
  const Index row_tiles = divide_up(c.rows, kTileRows);
  const Index col_tiles = divide_up(c.cols, kTileCols<T>);
  parallel_for(cpu, c.n * row_tiles * col_tiles, [&](Index task) {
    const Index item = task / (row_tiles * col_tiles);
    const Index row = task / col_tiles % row_tiles * kTileRows;
    const Index col = task % col_tiles * kTileCols<T>;
    const Index rows = std::min(kTileRows, c.rows - row);
    const Index cols = std::min(kTileCols<T>, c.cols - col);
    multiply_tile<T>({product, a.at(a.n == 1 ? 0 : item), b.at(b.n == 1 ? 0 : item), a.cols, b.cols,
                      row, col, rows, cols},
                     depth, c.at(item) + row * c.cols + col, c.cols, write);
  });
}

template <class T>
std::size_t matmul_workspace_bytes(const Cpu&, Product, Matrices<const T>, Matrices<const T>,
                                   Matrices<T>) {
  return 0;
}

#define FPANET_INSTANTIATE(T)                                                                  \
  template void matmul(const Cpu&, Product, Matrices<const T>, Matrices<const T>, Matrices<T>, \
                       Write, std::span<std::byte>);                                           \
  template std::size_t matmul_workspace_bytes<T>(const Cpu&, Product, Matrices<const T>,       \
                                                 Matrices<const T>, Matrices<T>)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
