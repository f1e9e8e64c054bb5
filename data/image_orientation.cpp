#include "data/image_orientation.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string_view>
#include <vector>

#include "data/codec.hpp"
#include "engine/core/join.hpp"

namespace fpanet {

namespace {

using Bytes = std::vector<std::uint8_t>;

/// Up to `count` bytes, fewer at the end of the file.
Bytes take(std::istream& file, std::size_t count) {
  Bytes bytes(count);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

bool starts_with(const Bytes& bytes, std::string_view text) {
  return bytes.size() >= text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin(),
                    [](char c, std::uint8_t byte) { return static_cast<std::uint8_t>(c) == byte; });
}

/// Goes from marker to marker until the pixels begin.
int jpeg_orientation(std::istream& file) {
  constexpr std::uint8_t kExifMarker = 0xe1, kStartOfScan = 0xda;
  constexpr std::string_view kExif("Exif\0\0", 6);
  file.seekg(2);
  while (true) {
    const Bytes head = take(file, 4);
    if (head.size() < 4 || head[0] != 0xff || head[1] == kStartOfScan) return 1;
    const std::size_t size = head[2] * 256U + head[3];
    if (size < 2) return 1;
    if (head[1] != kExifMarker) {
      file.seekg(static_cast<std::streamoff>(size - 2), std::ios::cur);
      continue;
    }
    const Bytes data = take(file, size - 2);
    if (!starts_with(data, kExif)) continue;
    const int found = codec::exif_orientation(std::span(data).subspan(kExif.size()));
    if (found != 1) return found;
  }
}

/// Goes from chunk to chunk; EXIF data may follow the pixels.
int png_orientation(std::istream& file) {
  constexpr std::size_t kMostBytes = 1 << 20;
  constexpr std::streamoff kChecksum = 4;
  file.seekg(8);
  while (true) {
    const Bytes head = take(file, 8);
    if (head.size() < 8) return 1;
    const std::size_t size = ((head[0] * 256UL + head[1]) * 256 + head[2]) * 256 + head[3];
    if (starts_with({head.begin() + 4, head.end()}, "eXIf") && size <= kMostBytes) {
      return codec::exif_orientation(take(file, size));
    }
    file.seekg(static_cast<std::streamoff>(size) + kChecksum, std::ios::cur);
  }
}

}  // namespace

int image_orientation(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const Bytes head = take(file, 8);
  if (starts_with(head, "\xff\xd8\xff")) return jpeg_orientation(file);
  if (starts_with(head, "\x89PNG\r\n\x1a\n")) return png_orientation(file);
  return 1;
}

bool turned_unseen(const std::filesystem::path& path, const ImageSize& size) {
  constexpr int kFirstThatTransposes = 5;
  const int orientation = image_orientation(path);
  if (orientation >= kFirstThatTransposes) return size.height == size.width;
  return orientation != 1;
}

std::string turned_warning(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 5;
  std::vector<std::string> first = names;
  if (first.size() > kMost) first.resize(kMost);
  return fmt::format(
      "EXIF data turns or mirrors {} images without changing their size, so only you can see "
      "whether their masks are turned as well: {}{}",
      names.size(), join(first, ", "), names.size() > kMost ? ", ..." : "");
}

}  // namespace fpanet
