#pragma once
// Synthetic land cover for the demo, the tests and teaching: fields with crop rows, forest, grass,
// water with smooth shores, towns with roads and roofs, bare soil, and occasionally a missing
// corner. Classes differ in texture as well as in colour, because FPA-Net never sees the lowest
// frequencies.
//
// The code uses only exactly rounded arithmetic (no sin, no exp), so that (seed, number, size)
// gives the same bytes on every machine.

#include <cstdint>
#include <filesystem>

#include "data/dataset.hpp"

namespace fpanet {

inline constexpr Index kSynthBands = 4;  ///< red, green, blue, near infrared

/// The pixels of a scene: the first `bands` bands as u8, or as u16 with values up to 4095.
struct SynthPixels {
  Index bands = 3;
  DType type = DType::u8;
  bool operator==(const SynthPixels&) const = default;
};

/// Scene `number` of the endless series `seed`. Its labels are the classes of
/// ClassTable::deepglobe().
Scene synthesize(std::uint64_t seed, Index number, const ImageSize& size,
                 const SynthPixels& pixels = {});

/// Creates `dir` and writes `count` scenes into it as ID_sat.jpg (quality 95; for other pixels than
/// 8-bit RGB, ID_sat.png), ID_mask.png and class_dict.csv. ID has at least four digits. Throws Error
/// if `dir` is not empty or a file cannot be written.
void write_synthetic_folder(const std::filesystem::path& dir, Index count, const ImageSize& size,
                            std::uint64_t seed, int threads, const SynthPixels& pixels = {});

}  // namespace fpanet
