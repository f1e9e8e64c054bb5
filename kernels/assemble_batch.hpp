#pragma once
// A batch from scenes that lie in the device's memory as bytes: flips, brightness and contrast by a
// table, [0,1], high-pass; label bytes to labels.
//
//   image i of the batch, pixel (y,x):  u[y][x][c]      = to_unit(table_i[scenes[s_i][y'][x'][c]])
//                                       images[i]       = high_pass(u)
//                                       labels[i][y][x] = l == ignore_byte ? ignore_label : l
//   y' = H - 1 - y if flipped vertically, else y; x' alike; l = the scene's label byte at (y',x')
//
// Scenes u8 (S,H,W,3) and (S,H,W) as stored, results (N,3,H,W) and i32 (N,1,H,W); H, W >= 11. On a GPU
// neither u nor its bytes are ever in memory; images are bit for bit what to_unit.hpp, high_pass.hpp and
// cast.hpp make of them there. What is drawn for an image is not decided here: data/augment.hpp.

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/core/device.hpp"
#include "engine/core/index.hpp"

namespace fpanet::kernels {

/// One image of a batch.
struct BatchItem {
  std::int32_t scene = 0;
  std::uint8_t flip_horizontal = 0;
  std::uint8_t flip_vertical = 0;
  std::uint8_t table[256] = {};  ///< of all three channels
};

struct BatchAssembly {
  const std::uint8_t* scene_images = nullptr;
  const std::uint8_t* scene_labels = nullptr;
  const BatchItem* items = nullptr;  ///< n, in the device's memory
  Index n = 0, h = 0, w = 0;
  std::uint8_t ignore_byte = 255;
  std::int32_t ignore_label = -1;
};

template <class T>
void assemble_batch(const Cpu& cpu, const BatchAssembly& batch, T* images, std::int32_t* labels,
                    std::span<std::byte> workspace);
template <class T>
void assemble_batch(const Cuda& cuda, const BatchAssembly& batch, T* images, std::int32_t* labels,
                    std::span<std::byte> workspace);

template <class T>
std::size_t assemble_batch_workspace_bytes(const Cpu& cpu, Index n, Index h, Index w);
template <class T>
std::size_t assemble_batch_workspace_bytes(const Cuda& cuda, Index n, Index h, Index w);

}  // namespace fpanet::kernels
