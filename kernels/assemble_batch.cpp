#include "kernels/assemble_batch.hpp"

#include <type_traits>

#include "engine/core/parallel.hpp"
#include "kernels/assemble_batch_body.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/cast.hpp"
#include "kernels/high_pass.hpp"

namespace fpanet::kernels {
namespace {

/// One row of the images: value_of(sample, band) is the value in [0,1] of a sample of the scenes.
/// `channels`: those of the batch, as a constant if they are common.
template <class T, class Channels, class ValueOf>
void assemble_row(const BatchAssembly& batch, Index row, Channels channels, const ValueOf& value_of,
                  T* images, std::int32_t* labels) {
  const Index i = row / batch.h, y = row % batch.h;
  const BatchItem& item = batch.items[i];
  const Index from_y = body::flipped(y, batch.h, item.flip_vertical != 0);
  const Index from = (item.scene * batch.h + from_y) * batch.w * channels;
  for (Index x = 0; x < batch.w; ++x) {
    const Index from_x = body::flipped(x, batch.w, item.flip_horizontal != 0);
    for (Index c = 0; c < channels; ++c) {
      images[(row * batch.w + x) * channels + c] =
          static_cast<T>(value_of(item, from + from_x * channels + c, c));
    }
    labels[row * batch.w + x] = body::assembled_label(batch, i, y, x);
  }
}

/// Assembles the batch in T, the type of the arithmetic.
template <class T>
void assemble(const Cpu& cpu, const BatchAssembly& batch, T* images, std::int32_t* labels,
              std::span<std::byte> workspace) {
  parallel_for(cpu, batch.n * batch.h, [&](Index row) {
    if (batch.scene_type == SampleType::u8 && batch.c == 3 && batch.scale == BandScale::bytes()) {
      const auto* const bytes = static_cast<const std::uint8_t*>(batch.scene_images);
      const auto value = [bytes](const BatchItem& item, Index at, Index) {
        return body::to_unit(item.table[bytes[at]]);
      };
      assemble_row(batch, row, std::integral_constant<Index, 3>{}, value, images, labels);
    } else {
      const auto value = [&batch](const BatchItem& item, Index at, Index band) {
        return body::assembled_value(batch, item, at, band);
      };
      assemble_row(batch, row, batch.c, value, images, labels);
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
