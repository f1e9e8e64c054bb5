#include "kernels/matmul.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cassert>

#include "engine/core/parallel.hpp"

namespace fpanet::kernels {
namespace {

constexpr Index kTileRows = 64;
constexpr Index kTileCols = 256;

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

}  // namespace

template <class T>
void matmul(const Cpu& cpu, Product product, Matrices<const T> a, Matrices<const T> b,
            Matrices<T> c, Write write, std::span<std::byte>) {
  const Index depth = product == Product::atb ? a.rows : a.cols;
  assert(depth == (product == Product::abt ? b.cols : b.rows));
  const Index row_tiles = divide_up(c.rows, kTileRows);
  const Index col_tiles = divide_up(c.cols, kTileCols);
  parallel_for(cpu, c.n * row_tiles * col_tiles, [&](Index task) {
    const Index item = task / (row_tiles * col_tiles);
    const Index row = task / col_tiles % row_tiles * kTileRows;
    const Index col = task % col_tiles * kTileCols;
    const Index rows = std::min(kTileRows, c.rows - row);
    const Index cols = std::min(kTileCols, c.cols - col);
    const T* const left = a.at(a.n == 1 ? 0 : item);
    const T* const right = b.at(b.n == 1 ? 0 : item);
    Block<T> tile(c.at(item) + row * c.cols + col, rows, cols, Eigen::OuterStride<>(c.cols));
    switch (product) {
      case Product::ab:
        multiply(block(left, a.cols, row, 0, rows, depth),
                 block(right, b.cols, 0, col, depth, cols), tile, write);
        break;
      case Product::abt:
        multiply(block(left, a.cols, row, 0, rows, depth),
                 block(right, b.cols, col, 0, cols, depth).transpose(), tile, write);
        break;
      case Product::atb:
        multiply(block(left, a.cols, 0, row, depth, rows).transpose(),
                 block(right, b.cols, 0, col, depth, cols), tile, write);
        break;
    }
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
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
