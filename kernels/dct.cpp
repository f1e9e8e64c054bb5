#include "kernels/dct.hpp"

#include "engine/core/parallel.hpp"
#include "kernels/base/body.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/cast.hpp"
#include "kernels/dct_basis.hpp"
#include "kernels/matmul.hpp"

namespace fpanet::kernels {
namespace {

template <class T>
Matrices<const T> fill(const Cpu& cpu, DctMatrix matrix, Index size, T* memory) {
  parallel_for(cpu, size, [=](Index row) {
    for (Index col = 0; col < size; ++col) {
      memory[row * size + col] = static_cast<T>(dct_entry(matrix, row, col, size));
    }
  });
  return {memory, 1, size, size};
}

/// Transforms in T, the type of the arithmetic.
template <class T>
void transform(const Cpu& cpu, DctMatrix matrix, View<const T> x, View<T> y, Write write,
               Scratch& scratch) {
  const Matrices<const T> rows = fill(cpu, matrix, x.h, scratch.take<T>(x.h * x.h));
  const Matrices<const T> cols = fill(cpu, matrix, x.w, scratch.take<T>(x.w * x.w));
  T* const half = scratch.take<T>(x.numel());
  // An image is (H, W*C) and one of its rows is (W, C), so both products transform all channels at
  // once.
  matmul<T>(cpu, Product::ab, rows, {x.data, x.n, x.h, x.w * x.c}, {half, x.n, x.h, x.w * x.c},
            Write::assign, {});
  matmul<T>(cpu, Product::ab, cols, {half, x.n * x.h, x.w, x.c}, {y.data, x.n * x.h, x.w, x.c},
            write, {});
}

}  // namespace

template <class T>
std::size_t dct2d_workspace_bytes(const Cpu&, Index n, Index c, Index h, Index w) {
  using R = Real<T>;
  const Index images = kRounded<T> ? 3 : 1;
  return scratch_bytes<R>(h * h) + scratch_bytes<R>(w * w) +
         static_cast<std::size_t>(images) * scratch_bytes<R>(n * c * h * w) + kScratchAlignment;
}

template <class T>
void dct2d(const Cpu& cpu, DctMatrix matrix, View<const T> x, View<T> y, Write write,
           std::span<std::byte> workspace) {
  Scratch scratch(workspace);
  if constexpr (kRounded<T>) {
    using R = Real<T>;
    const auto size = static_cast<std::size_t>(x.numel());
    R* const from = scratch.take<R>(x.numel());
    R* const to = scratch.take<R>(x.numel());
    cast<T, R>(cpu, {x.data, size}, {from, size}, Write::assign);
    transform<R>(cpu, matrix, {from, x.n, x.c, x.h, x.w}, {to, x.n, x.c, x.h, x.w}, Write::assign,
                 scratch);
    cast<R, T>(cpu, {to, size}, {y.data, size}, write);
  } else {
    transform(cpu, matrix, x, y, write, scratch);
  }
}

#define FPANET_INSTANTIATE(T)                                                                      \
  template void dct2d(const Cpu&, DctMatrix, View<const T>, View<T>, Write, std::span<std::byte>); \
  template std::size_t dct2d_workspace_bytes<T>(const Cpu&, Index, Index, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
