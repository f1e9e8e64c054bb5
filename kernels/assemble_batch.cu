// Memory traffic per pixel: its 3 bytes are read twice and its label's byte once; 3 elements of T
// and 4 bytes of label are written. That is 17 bytes in bfloat16. Storing a batch of bytes, its
// floats, the result of the high-pass and that of a cast would take 80.

#include "kernels/assemble_batch_body.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/high_pass_cuda.hpp"

namespace fpanet::kernels {
namespace {

/// A high-pass source that reads images of a batch in [0,1], with flips, brightness and contrast
/// applied.
struct SceneSource {
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
        value_of[byte] = body::assembled_value(batch.items[image], static_cast<std::uint8_t>(byte));
      }
    });
  }

  FPANET_HD Column column(Index image, Index e, const float* value_of) const {
    const BatchItem& item = batch.items[image];
    const bool upside_down = item.flip_vertical != 0;
    const Index from_x = body::flipped(e / 3, batch.w, item.flip_horizontal != 0);
    const Index from_y = body::flipped(0, batch.h, upside_down), row = 3 * batch.w;
    return {batch.scene_images + (item.scene * batch.h + from_y) * row + from_x * 3 + e % 3,
            upside_down ? -row : row, value_of};
  }
};

/// Writes the images after the high-pass, and their labels. The spans of a tile divide its pixels
/// among them.
template <class T>
struct AssembleKernel {
  using Subtract = HighPassSubtractKernel<SceneSource, T>;
  static constexpr int kThreads = Subtract::kThreads;

  Subtract subtract;
  std::int32_t* labels;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    subtract(block);
    const BatchAssembly& batch = subtract.source.batch;
    const HighPassTile tile(subtract.plan, block.index);
    const Index first = divide_up(tile.first, 3), width = divide_up(tile.end, 3) - first;
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
      const std::uint8_t* const from =
          batch.scene_images + ((item.scene * batch.h + from_y) * batch.w + from_x) * 3;
      for (Index c = 0; c < 3; ++c) {
        images[pixel * 3 + c] = static_cast<T>(body::assembled_value(item, from[c]));
      }
      labels[pixel] = body::assembled_label(batch, image, y, x);
    });
  }
};

}  // namespace

template <class T>
std::size_t assemble_batch_workspace_bytes(const Cuda&, Index n, Index h, Index w,
                                           std::optional<Index> high_pass) {
  return high_pass ? HighPassPlan{n, 3, h, w, *high_pass}.bytes() : 0;
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
  HighPassPlan plan{batch.n, 3, batch.h, batch.w, *batch.high_pass};
  plan.take(workspace);
  const SceneSource source{batch};
  const HighPassBasisKernel basis{plan};
  grid.run("assemble_batch", stride_blocks((batch.h + batch.w) * plan.kK, basis.kThreads), 0,
           basis);
  const HighPassSumKernel<SceneSource> sum{plan, source};
  grid.run("assemble_batch", plan.blocks(), sum.shared_bytes(), sum);
  using Assemble = AssembleKernel<T>;
  grid.run("assemble_batch", plan.blocks(), Assemble::Subtract::shared_bytes(),
           Assemble{{plan, source, images, Write::assign}, labels});
}

#define FPANET_INSTANTIATE(T)                                                              \
  template void assemble_batch(const Cuda&, const BatchAssembly&, T*, std::int32_t*,       \
                               std::span<std::byte>);                                      \
  template std::size_t assemble_batch_workspace_bytes<T>(const Cuda&, Index, Index, Index, \
                                                         std::optional<Index>)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
