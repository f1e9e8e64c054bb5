#include "kernels/confusion.hpp"

#include <algorithm>

#include "engine/core/parallel.hpp"
#include "kernels/argmax_body.hpp"
#include "kernels/base/scratch.hpp"

namespace fpanet::kernels {
namespace {

constexpr Index kChunkPixels = 8192;  // pixels of one image that one task counts

Index chunks_of(Index pixels) {
  return divide_up(pixels, kChunkPixels);
}

}  // namespace

template <class T>
std::size_t confusion_workspace_bytes(const Cpu&, Index n, Index c, Index h, Index w) {
  return scratch_bytes<std::int64_t>(n * chunks_of(h * w) * (c + 1) * (c + 1)) + kScratchAlignment;
}

template <class T>
void confusion(const Cpu& cpu, View<const T> x, const std::int32_t* labels,
               std::optional<Index> ignore_index, std::int64_t* counts,
               std::span<std::byte> workspace) {
  const Index pixels = x.h * x.w, side = x.c + 1, cells = side * side;
  const Index chunks = chunks_of(pixels);
  auto* const partial = Scratch(workspace).take<std::int64_t>(x.n * chunks * cells);
  parallel_for(cpu, x.n * chunks, [&](Index task) {
    const Index first = task % chunks * kChunkPixels;
    const Index offset = task / chunks * pixels;
    std::int64_t* const cell = partial + task * cells;
    std::fill_n(cell, cells, 0);
    for (Index p = offset + first; p < offset + std::min(pixels, first + kChunkPixels); ++p) {
      const Index label = labels[p];
      if (ignore_index && label == *ignore_index) continue;
      const Index row = label >= 0 && label < x.c ? label : x.c;
      ++cell[row * side + body::argmax(x.data + p * x.c, x.c)];
    }
  });
  for (Index n = 0; n < x.n; ++n) {
    std::int64_t* const image = counts + n * cells;
    std::fill_n(image, cells, 0);
    for (Index chunk = 0; chunk < chunks; ++chunk) {
      const std::int64_t* const part = partial + (n * chunks + chunk) * cells;
      for (Index i = 0; i < cells; ++i) image[i] += part[i];
    }
  }
}

#define FPANET_INSTANTIATE(T)                                                                   \
  template void confusion(const Cpu&, View<const T>, const std::int32_t*, std::optional<Index>, \
                          std::int64_t*, std::span<std::byte>);                                 \
  template std::size_t confusion_workspace_bytes<T>(const Cpu&, Index, Index, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
