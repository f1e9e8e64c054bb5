// Memory traffic per pixel: its C samples are read twice and its label's byte once; C elements of T
// and 4 bytes of label are written. For RGB bytes that is 17 bytes in bfloat16. Storing a batch of
// bytes, its floats, the result of the high-pass and that of a cast would take 80.

#include "kernels/assemble_batch_body.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/high_pass_cuda.hpp"

namespace fpanet::kernels {
namespace {

/// Where an element of a batch is in its scene: in row 0 of the batch's image, and how far apart rows
/// are.
struct SceneColumn {
  Index top, stride;

  /// Element e of a row of image `image`.
  FPANET_HD SceneColumn(const BatchAssembly& batch, Index image, Index e) {
    const BatchItem& item = batch.items[image];
    const bool upside_down = item.flip_vertical != 0;
    const Index from_x = body::flipped(e / batch.c, batch.w, item.flip_horizontal != 0);
    const Index from_y = body::flipped(0, batch.h, upside_down), row = batch.c * batch.w;
    top = (item.scene * batch.h + from_y) * row + from_x * batch.c + e % batch.c;
    stride = upside_down ? -row : row;
  }
};

/// A high-pass source that reads images of a batch in [0,1], with flips, brightness and contrast
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

  /// Computes the float value of each byte.
  template <class Block>
  FPANET_HD void prepare(const Block& block, Index image, float* value_of) const {
    block.each([&](int thread) {
      for (int byte = thread; byte < kSharedFloats; byte += block.threads) {
        value_of[byte] =
            body::assembled_byte(batch, batch.items[image], static_cast<std::uint8_t>(byte));
      }
    });
  }

  FPANET_HD Column column(Index image, Index e, const float* value_of) const {
    const SceneColumn column(batch, image, e);
    return {static_cast<const std::uint8_t*>(batch.scene_images) + column.top, column.stride,
            value_of};
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
    const SceneColumn column(batch, image, e);
    return {static_cast<const Sample*>(batch.scene_images) + column.top, column.stride,
            body::sample_scale(batch, batch.items[image], e % batch.c)};
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
          body::assembled_label(batch, tile.image, y, x);
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
      const Index from_y = body::flipped(y, batch.h, item.flip_vertical != 0);
      const Index from_x = body::flipped(x, batch.w, item.flip_horizontal != 0);
      const Index from = ((item.scene * batch.h + from_y) * batch.w + from_x) * batch.c;
      for (Index c = 0; c < batch.c; ++c) {
        images[pixel * batch.c + c] =
            static_cast<T>(body::assembled_value(batch, item, from + c, c));
      }
      labels[pixel] = body::assembled_label(batch, image, y, x);
    });
  }
};

template <class Source, class T>
void assemble_filtered(const CudaGrid& grid, const BatchAssembly& batch, T* images,
                       std::int32_t* labels, std::span<std::byte> workspace) {
  HighPassPlan plan{batch.n, batch.c, batch.h, batch.w, *batch.high_pass};
  plan.take(workspace);
  const Source source{batch};
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
                                           std::optional<Index> high_pass) {
  return high_pass ? HighPassPlan{n, c, h, w, *high_pass}.bytes() : 0;
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
  switch (batch.scene_type) {
    case SampleType::u8:
      return assemble_filtered<ByteSource>(grid, batch, images, labels, workspace);
    case SampleType::u16:
      return assemble_filtered<SampleSource<std::uint16_t>>(grid, batch, images, labels, workspace);
    case SampleType::i16:
      return assemble_filtered<SampleSource<std::int16_t>>(grid, batch, images, labels, workspace);
    case SampleType::f32:
      return assemble_filtered<SampleSource<float>>(grid, batch, images, labels, workspace);
  }
}

#define FPANET_INSTANTIATE(T)                                                                     \
  template void assemble_batch(const Cuda&, const BatchAssembly&, T*, std::int32_t*,              \
                               std::span<std::byte>);                                             \
  template std::size_t assemble_batch_workspace_bytes<T>(const Cuda&, Index, Index, Index, Index, \
                                                         std::optional<Index>)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
