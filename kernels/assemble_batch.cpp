#include "kernels/assemble_batch.hpp"

#include "engine/core/parallel.hpp"
#include "kernels/assemble_batch_body.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/cast.hpp"
#include "kernels/high_pass.hpp"

namespace fpanet::kernels {
namespace {

/// Assembles the batch in T, the type of the arithmetic.
template <class T>
void assemble(const Cpu& cpu, const BatchAssembly& batch, T* images, std::int32_t* labels,
              std::span<std::byte> workspace) {
  parallel_for(cpu, batch.n * batch.h, [&](Index row) {
    const Index i = row / batch.h, y = row % batch.h;
    const BatchItem& item = batch.items[i];
    const Index from_y = body::flipped(y, batch.h, item.flip_vertical != 0);
    const Index from = (item.scene * batch.h + from_y) * batch.w * batch.c;
    for (Index x = 0; x < batch.w; ++x) {
      const Index from_x = body::flipped(x, batch.w, item.flip_horizontal != 0);
      for (Index c = 0; c < batch.c; ++c) {
        images[(row * batch.w + x) * batch.c + c] =
            static_cast<T>(body::assembled_value(batch, item, from + from_x * batch.c + c, c));
      }
      labels[row * batch.w + x] = body::assembled_label(batch, i, y, x);
    }
  });
  if (!batch.high_pass) return;
  high_pass<T>(cpu, {images, batch.n, batch.c, batch.h, batch.w}, *batch.high_pass,
               {images, batch.n, batch.c, batch.h, batch.w}, Write::assign, workspace);
}

}  // namespace

template <class T>
std::size_t assemble_batch_workspace_bytes(const Cpu& cpu, Index n, Index c, Index h, Index w,
                                           std::optional<Index> high_pass) {
  using R = Real<T>;
  const std::size_t unrounded =
      kRounded<T> ? scratch_bytes<R>(n * c * h * w) + kScratchAlignment : 0;
  return unrounded + (high_pass ? high_pass_workspace_bytes<R>(cpu, n, c, h, w, *high_pass) : 0);
}

template <class T>
void assemble_batch(const Cpu& cpu, const BatchAssembly& batch, T* images, std::int32_t* labels,
                    std::span<std::byte> workspace) {
  if constexpr (kRounded<T>) {
    using R = Real<T>;
    const Index count = batch.n * batch.c * batch.h * batch.w;
    Scratch scratch(workspace);
    R* const unrounded = scratch.take<R>(count);
    assemble(cpu, batch, unrounded, labels, scratch.rest());
    const auto size = static_cast<std::size_t>(count);
    cast<R, T>(cpu, {unrounded, size}, {images, size}, Write::assign);
  } else {
    assemble(cpu, batch, images, labels, workspace);
  }
}

#define FPANET_INSTANTIATE(T)                                                                    \
  template void assemble_batch(const Cpu&, const BatchAssembly&, T*, std::int32_t*,              \
                               std::span<std::byte>);                                            \
  template std::size_t assemble_batch_workspace_bytes<T>(const Cpu&, Index, Index, Index, Index, \
                                                         std::optional<Index>)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
