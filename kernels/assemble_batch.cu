// Memory traffic per pixel: its C samples are read twice and its label's byte once; C elements of T
// and 4 bytes of label are written. For RGB bytes that is 17 bytes in bfloat16. Storing a batch of
// bytes, its floats, the result of the high-pass and that of a cast would take 80.

#include "kernels/assemble_batch_body.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/high_pass_cuda.hpp"

namespace fpanet::kernels {
namespace {

/// Where an element of a batch is among those of the scenes: in row 0 of the batch's image, and how far
/// apart rows are.
struct SceneColumn {
  Index top, stride;

  /// Element e of a row of image `image`, which is made from `scene`.
  FPANET_HD SceneColumn(const BatchAssembly& batch, Index image, Index scene, Index e) {
    const PixelWalk& walk = batch.items[image].walk;
    const Index pixel = scene * batch.h * batch.w + walk.at(0, e / batch.c);
    top = pixel * batch.c + e % batch.c;
    stride = walk.row_step * batch.c;
  }
};

/// A high-pass source that reads images of a batch in [0,1], with flips, turns, brightness and contrast
/// applied, from scenes of bytes.
struct ByteSource {
  static constexpr int kSharedFloats = 256;

  struct Column {
    const std::uint8_t* top;
    Index stride;
    const float* value_of;

    FPANET_HD float at(Index y) const { return value_of[top[y * stride]]; }
  };

  BatchAssembly batch;
  /// The scene of each image with its brightness, contrast and colours, but not moved; null: as they
  /// are among all scenes.
  const std::uint8_t* coloured = nullptr;

  /// Computes the float value of each byte.
  template <class Block>
  FPANET_HD void prepare(const Block& block, Index image, float* value_of) const {
    block.each([&](int thread) {
      for (int i = thread; i < kSharedFloats; i += block.threads) {
        const auto byte = static_cast<std::uint8_t>(i);
        value_of[i] = coloured != nullptr ? body::to_unit(byte, 0, batch.scale)
                                          : body::assembled_byte(batch, batch.items[image], byte);
      }
    });
  }

  FPANET_HD Column column(Index image, Index e, const float* value_of) const {
    const bool made = coloured != nullptr;
    const SceneColumn column(batch, image, made ? image : batch.items[image].scene, e);
    const auto* const bytes =
        made ? coloured : static_cast<const std::uint8_t*>(batch.scene_images);
    return {bytes + column.top, column.stride, value_of};
  }
};

/// What ByteSource reads as `coloured`: a thread has a pixel. Colours take the three bands of a pixel
/// together, which the filter's threads do not have.
struct ColourKernel {
  static constexpr int kThreads = 256;

  BatchAssembly batch;
  std::uint8_t* coloured;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const Index plane = batch.h * batch.w;
    grid_stride(block, batch.n * plane, [&](Index pixel) {
      const BatchItem& item = batch.items[pixel / plane];
      const Index from = item.scene * plane + pixel % plane;
      const auto* const bytes =
          static_cast<const std::uint8_t*>(batch.scene_images) + from * batch.c;
      for (Index c = 0; c < batch.c; ++c) {
        coloured[pixel * batch.c + c] =
            item.shifts_colours != 0 ? body::shifted_byte(item, bytes, c) : item.table[bytes[c]];
      }
    });
  }
};

/// The same from scenes of other samples.
template <class Sample>
struct SampleSource {
  static constexpr int kSharedFloats = 0;

  struct Column {
    const Sample* top;
    Index stride;
    body::SampleScale scale;

    FPANET_HD float at(Index y) const {
      return body::assembled_sample<Sample>(top, y * stride, scale);
    }
  };

  BatchAssembly batch;

  template <class Block>
  FPANET_HD void prepare(const Block&, Index, float*) const {}

  FPANET_HD Column column(Index image, Index e, const float*) const {
    const BatchItem& item = batch.items[image];
    const SceneColumn column(batch, image, item.scene, e);
    return {static_cast<const Sample*>(batch.scene_images) + column.top, column.stride,
            body::sample_scale(batch, item, e % batch.c)};
  }
};

/// Writes the images after the high-pass, and their labels. The spans of a tile divide its pixels
/// among them.
template <class Source, class T>
struct AssembleKernel {
  using Subtract = HighPassSubtractKernel<Source, T>;
  static constexpr int kThreads = Subtract::kThreads;

  Subtract subtract;
  std::int32_t* labels;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    subtract(block);
    const BatchAssembly& batch = subtract.source.batch;
    const HighPassTile tile(subtract.plan, block.index);
    const Index first = divide_up(tile.first, batch.c);
    const Index width = divide_up(tile.end, batch.c) - first;
    block_stride(block, tile.rows() * width, [&](Index i) {
      const Index y = tile.first_row + i / width, x = first + i % width;
      labels[(tile.image * batch.h + y) * batch.w + x] =
          body::assembled_label(batch, body::assembled_pixel(batch, batch.items[tile.image], y, x));
    });
  }
};

/// Images without the filter, and their labels: a thread has a pixel.
template <class T>
struct AssembleUnfilteredKernel {
  static constexpr int kThreads = 256;

  BatchAssembly batch;
  T* images;
  std::int32_t* labels;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const Index plane = batch.h * batch.w;
    grid_stride(block, batch.n * plane, [&](Index pixel) {
      const Index image = pixel / plane, y = pixel % plane / batch.w, x = pixel % batch.w;
      const BatchItem& item = batch.items[image];
      const Index from = body::assembled_pixel(batch, item, y, x);
      for (Index c = 0; c < batch.c; ++c) {
        images[pixel * batch.c + c] = static_cast<T>(body::assembled_value(batch, item, from, c));
      }
      labels[pixel] = body::assembled_label(batch, from);
    });
  }
};

/// Whether the bytes of a batch are coloured before they are filtered.
bool colours_first(const BatchAssembly& batch) {
  return batch.shift_colours && batch.high_pass && batch.scene_type == SampleType::u8;
}

template <class Source, class T>
void assemble_filtered(const CudaGrid& grid, const Source& source, T* images, std::int32_t* labels,
                       std::span<std::byte> workspace) {
  const BatchAssembly& batch = source.batch;
  HighPassPlan plan{batch.n, batch.c, batch.h, batch.w, *batch.high_pass};
  plan.take(workspace);
  const HighPassBasisKernel basis{plan};
  grid.run("assemble_batch", stride_blocks((batch.h + batch.w) * plan.kK, basis.kThreads), 0,
           basis);
  const HighPassSumKernel<Source> sum{plan, source};
  grid.run("assemble_batch", plan.blocks(), sum.shared_bytes(), sum);
  using Assemble = AssembleKernel<Source, T>;
  grid.run("assemble_batch", plan.blocks(), Assemble::Subtract::shared_bytes(),
           Assemble{{plan, source, images, Write::assign}, labels});
}

}  // namespace

template <class T>
std::size_t assemble_batch_workspace_bytes(const Cuda&, Index n, Index c, Index h, Index w,
                                           std::optional<Index> high_pass, bool shift_colours) {
  if (!high_pass) return 0;
  const std::size_t coloured = shift_colours ? scratch_bytes<std::uint8_t>(n * c * h * w) : 0;
  return HighPassPlan{n, c, h, w, *high_pass}.bytes() + coloured + kScratchAlignment;
}

template <class T>
void assemble_batch(const Cuda& cuda, const BatchAssembly& batch, T* images, std::int32_t* labels,
                    std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  if (!batch.high_pass) {
    const AssembleUnfilteredKernel<T> kernel{batch, images, labels};
    const Index pixels = batch.n * batch.h * batch.w;
    return grid.run("assemble_batch", stride_blocks(pixels, kernel.kThreads), 0, kernel);
  }
  Scratch scratch(workspace);
  std::uint8_t* coloured = nullptr;
  if (colours_first(batch)) {
    const Index pixels = batch.n * batch.h * batch.w;
    coloured = scratch.take<std::uint8_t>(pixels * batch.c);
    const ColourKernel kernel{batch, coloured};
    grid.run("assemble_batch", stride_blocks(pixels, kernel.kThreads), 0, kernel);
  }
  const auto filtered = [&](const auto& source) {
    assemble_filtered(grid, source, images, labels, scratch.rest());
  };
  switch (batch.scene_type) {
    case SampleType::u8:
      return filtered(ByteSource{batch, coloured});
    case SampleType::u16:
      return filtered(SampleSource<std::uint16_t>{batch});
    case SampleType::i16:
      return filtered(SampleSource<std::int16_t>{batch});
    case SampleType::f32:
      return filtered(SampleSource<float>{batch});
  }
}

#define FPANET_INSTANTIATE(T)                                                                     \
  template void assemble_batch(const Cuda&, const BatchAssembly&, T*, std::int32_t*,              \
                               std::span<std::byte>);                                             \
  template std::size_t assemble_batch_workspace_bytes<T>(const Cuda&, Index, Index, Index, Index, \
                                                         std::optional<Index>, bool)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
