#pragma once
// Samples of an image to [0,1]. Everything is computed in float for every T, because the notebook
// divides in float32 before widening.
//
//   bytes     y = float(x) / 255
//   samples   y = unit_value(float(x), low[c], high[c])   (engine/core/band_scale.hpp)
//
// c is the band, the fastest index of x and y. Of bytes with the scale 0..255 both give the same bits.

#include <cstdint>
#include <span>

#include "engine/core/band_scale.hpp"
#include "engine/core/device.hpp"
#include "engine/core/index.hpp"

namespace fpanet::kernels {

template <class T>
void to_unit(const Cpu& cpu, std::span<const std::uint8_t> x, std::span<T> y);
template <class T>
void to_unit(const Cuda& cuda, std::span<const std::uint8_t> x, std::span<T> y);

/// Sample is u8, u16, i16 or float. With a scale that all bands share, `channels` may be 1.
template <class T, class Sample>
void to_unit(const Cpu& cpu, std::span<const Sample> x, Index channels, const BandScale& scale,
             std::span<T> y);
template <class T, class Sample>
void to_unit(const Cuda& cuda, std::span<const Sample> x, Index channels, const BandScale& scale,
             std::span<T> y);

}  // namespace fpanet::kernels
