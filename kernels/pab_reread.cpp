#include "kernels/pab_reread.hpp"

#include <algorithm>

#include "engine/core/parallel.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {
namespace {

/// to (cols, rows) (=|+=) `from` (rows, cols) transposed, for each of n matrices. Works in square
/// tiles, so that both sides use whole cache lines.
template <class T>
void transpose(const Cpu& cpu, Index n, Index rows, Index cols, const T* from, T* to, Write write) {
  constexpr Index kTile = 32;
  const Index row_tiles = divide_up(rows, kTile);
  parallel_for(cpu, n * row_tiles, [&](Index task) {
    const T* const source = from + task / row_tiles * rows * cols;
    T* const target = to + task / row_tiles * rows * cols;
    const Index first_row = task % row_tiles * kTile, end_row = std::min(rows, first_row + kTile);
    for (Index first_col = 0; first_col < cols; first_col += kTile) {
      for (Index col = first_col; col < std::min(cols, first_col + kTile); ++col) {
        for (Index row = first_row; row < end_row; ++row) {
          store(target[col * rows + row], real(source[row * cols + col]), write);
        }
      }
    }
  });
}

}  // namespace

template <class T>
void pab_reread(const Cpu& cpu, const T* m, View<T> y) {
  transpose(cpu, y.n, y.c, y.h * y.w, m, y.data, Write::assign);
}

template <class T>
void pab_reread_backward(const Cpu& cpu, View<const T> dy, T* dm, Write write) {
  transpose(cpu, dy.n, dy.h * dy.w, dy.c, dy.data, dm, write);
}

#define FPANET_INSTANTIATE(T)                              \
  template void pab_reread(const Cpu&, const T*, View<T>); \
  template void pab_reread_backward(const Cpu&, View<const T>, T*, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
