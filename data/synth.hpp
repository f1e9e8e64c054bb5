#pragma once
// Synthetic land cover for the demo, the tests and teaching: fields with crop rows, forest, grass,
// water with smooth shores, towns of roads and roofs, bare soil, and now and then a missing corner.
// Classes differ in texture as well as in colour, because FPA-Net never sees the lowest
// frequencies.
//
// Only exactly rounded arithmetic is used (no sin, no exp), so a (seed, number, size) gives the
// same bytes on every machine.

#include <cstdint>
#include <filesystem>

#include "data/dataset.hpp"

namespace fpanet {

/// Scene `number` of the endless series `seed`: labels are those of ClassTable::deepglobe().
Scene synthesize(std::uint64_t seed, Index number, const ImageSize& size);

/// Writes `count` scenes as ID_sat.jpg (quality 95), ID_mask.png and class_dict.csv into `dir`,
/// which is made; ID has four digits or more. Throws Error when a file cannot be written.
void write_synthetic_folder(const std::filesystem::path& dir, Index count, const ImageSize& size,
                            std::uint64_t seed, int threads);

}  // namespace fpanet
