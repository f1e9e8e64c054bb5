#pragma once
// Assembles a batch from scenes that are stored in device memory: flips, quarter turns, brightness and
// contrast, shifts of colours, scaling to [0,1], optionally the high-pass filter, and label bytes to
// labels.
//
//   image i of the batch, pixel (y,x):  u[y][x][c]      = to_unit(a(scenes[s_i][y'][x'][c]))
//                                       images[i]       = u, or high_pass(u)
//                                       labels[i][y][x] = l == ignore_byte ? ignore_label : l
//   (y',x') = where (y,x) comes from by the image's flips and turns (engine/core/source_pixel.hpp)
//   l = the scene's label byte at (y',x')
//   a is brightness and contrast: of bytes a table, of other samples brightened()
//   (engine/core/band_scale.hpp); after it the colours of RGB bytes may be shifted
//   (engine/core/hsv.hpp)
//
// The scenes are (S,H,W,C) of u8, u16, i16 or f32, C up to 16, and labels u8 (S,H,W); the results are
// (N,C,H,W) and i32 (N,1,H,W). Bytes have one scale for all bands. With the filter, H and W are above
// its radius. On a GPU neither the samples after a (unless colours are shifted and filtered, as bytes)
// nor, with the filter, u are ever stored in memory; the images are bitwise equal to the result of to_unit.hpp, high_pass.hpp and cast.hpp.
// data/augment.hpp decides the random choices for an image.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/core/band_scale.hpp"
#include "engine/core/device.hpp"
#include "engine/core/hsv.hpp"
#include "engine/core/index.hpp"
#include "engine/core/source_pixel.hpp"

namespace fpanet::kernels {

/// The type of the samples of scenes. (DType, but device code does not compile its header.)
enum class SampleType : std::uint8_t { u8, u16, i16, f32 };

/// One image of a batch.
struct BatchItem {
  PixelWalk walk = {};  ///< its flips and turns (pixel_walk); odd turns need square scenes
  std::int32_t scene = 0;
  float alpha = 1.0F, beta = 0.0F;  ///< of samples that are not bytes: contrast, brightness
  std::uint8_t shifts_colours = 0;  ///< only of bytes of three bands
  std::uint8_t table[256] = {};     ///< of bytes, for all bands
  HsvTables colours = {};           ///< if shifts_colours
};

struct BatchAssembly {
  const void* scene_images = nullptr;
  SampleType scene_type = SampleType::u8;  ///< of their samples
  const std::uint8_t* scene_labels = nullptr;
  const BatchItem* items = nullptr;  ///< n items, in device memory
  Index n = 0, c = 3, h = 0, w = 0;
  BandScale scale = BandScale::bytes();
  std::uint8_t ignore_byte = 255;
  std::int32_t ignore_label = -1;
  std::optional<Index> high_pass = {};  ///< the filter's radius, at most kHighPassRadius
  bool shift_colours = false;           ///< whether items may shift colours
};

template <class T>
void assemble_batch(const Cpu& cpu, const BatchAssembly& batch, T* images, std::int32_t* labels,
                    std::span<std::byte> workspace);
template <class T>
void assemble_batch(const Cuda& cuda, const BatchAssembly& batch, T* images, std::int32_t* labels,
                    std::span<std::byte> workspace);

template <class T>
std::size_t assemble_batch_workspace_bytes(const Cpu& cpu, Index n, Index c, Index h, Index w,
                                           std::optional<Index> high_pass,
                                           bool shift_colours = false);
template <class T>
std::size_t assemble_batch_workspace_bytes(const Cuda& cuda, Index n, Index c, Index h, Index w,
                                           std::optional<Index> high_pass,
                                           bool shift_colours = false);

}  // namespace fpanet::kernels
