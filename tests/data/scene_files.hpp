#pragma once
// Small pictures and data folders for tests.

#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include "data/class_table.hpp"
#include "data/file_bytes.hpp"
#include "data/image_file.hpp"
#include "data/mask.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet::test {

/// A colourful picture, another one for each `tint`.
inline Image picture(Index height, Index width, Index tint = 0) {
  Image image(height, width, 3);
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x) {
      for (Index c = 0; c < 3; ++c) {
        image.at(y, x)[c] = static_cast<std::uint8_t>((5 * y + 3 * x + 80 * c + 31 * tint) % 256);
      }
    }
  }
  return image;
}

/// Samples of any type and number of channels, spread over the whole range of integers.
inline Image any_picture(Index height, Index width, Index channels, DType type, Index tint = 0) {
  Image image(height, width, channels, type);
  visit_sample_type(type, [&]<class T>(T) {
    const std::span<T> samples = image.samples<T>();
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const auto spread =
          static_cast<std::uint32_t>(i + 7 * static_cast<std::size_t>(tint)) * 40503u;
      if constexpr (std::is_same_v<T, float>) {
        samples[i] = static_cast<float>(spread % 100000u) / 977.0F - 30.0F;
      } else {
        samples[i] = static_cast<T>(spread >> 3);
      }
    }
  });
  return image;
}

/// DeepGlobe labels in vertical stripes, `first` leftmost.
inline Image striped_labels(Index height, Index width, Index first = 0) {
  Image labels(height, width, 1);
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x) {
      *labels.at(y, x) = static_cast<std::uint8_t>((first + x / 4) % 7);
    }
  }
  return labels;
}

inline void write_scene(const std::filesystem::path& dir, const std::string& id, Index height,
                        Index width, Index variant = 0) {
  const ClassTable classes = ClassTable::deepglobe();
  write_png(dir / (id + "_sat.png"), picture(height, width, variant));
  write_png(dir / (id + "_mask.png"),
            colors_from_labels(striped_labels(height, width, variant), classes));
}

/// Scenes "00", "01", ... and the class table.
inline void write_folder(const std::filesystem::path& dir, Index count, Index height, Index width) {
  std::filesystem::create_directories(dir);
  ClassTable::deepglobe().write(dir / "class_dict.csv");
  for (Index i = 0; i < count; ++i) write_scene(dir, fmt::format("{:02}", i), height, width, i);
}

/// Plainly, for thousands of files: without AtomicFile's waiting for the disk.
inline void write_bytes(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  write_bytes(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

/// Cuts a file after `bytes` bytes.
inline void truncate_file(const std::filesystem::path& path, std::size_t bytes) {
  std::filesystem::resize_file(path, bytes);
}

}  // namespace fpanet::test
