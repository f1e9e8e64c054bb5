#include "kernels/assemble_batch.hpp"

#include <type_traits>

#include "engine/core/parallel.hpp"
#include "kernels/assemble_batch_body.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/cast.hpp"
#include "kernels/high_pass.hpp"

namespace fpanet::kernels {
namespace {

/// One row of the images: value_of(item, pixel, band) is the value in [0,1] of a sample of the scenes.
/// `channels`: those of the batch, as a constant if they are common.
template <class T, class Channels, class ValueOf>
void assemble_row(const BatchAssembly& batch, Index row, Channels channels, const ValueOf& value_of,
                  T* images, std::int32_t* labels) {
  const Index i = row / batch.h, y = row % batch.h;
  const BatchItem& item = batch.items[i];
  const Index first = body::assembled_pixel(batch, item, y, 0);
  for (Index x = 0; x < batch.w; ++x) {
    const Index from = first + x * item.walk.column_step, to = row * batch.w + x;
    for (Index c = 0; c < channels; ++c) {
      images[to * channels + c] = static_cast<T>(value_of(item, from, c));
    }
    labels[to] = body::assembled_label(batch, from);
  }
}

/// Assembles the batch in T, the type of the arithmetic.
template <class T>
void assemble(const Cpu& cpu, const BatchAssembly& batch, T* images, std::int32_t* labels,
              std::span<std::byte> workspace) {
  parallel_for(cpu, batch.n * batch.h, [&](Index row) {
    const BatchItem& item = batch.items[row / batch.h];
    if (batch.scene_type == SampleType::u8 && batch.c == 3 && batch.scale == BandScale::bytes() &&
        item.shifts_colours == 0) {
      const auto* const bytes = static_cast<const std::uint8_t*>(batch.scene_images);
      const auto value = [bytes](const BatchItem& of, Index pixel, Index band) {
        return body::to_unit(of.table[bytes[3 * pixel + band]]);
      };
      assemble_row(batch, row, std::integral_constant<Index, 3>{}, value, images, labels);
    } else {
      const auto value = [&batch](const BatchItem& of, Index pixel, Index band) {
        return body::assembled_value(batch, of, pixel, band);
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
                                           std::optional<Index> high_pass, bool) {
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
                                                         std::optional<Index>, bool)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
