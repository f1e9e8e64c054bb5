#include "data/image_file.hpp"

#include <algorithm>
#include <array>

#include "data/codec.hpp"
#include "data/file_bytes.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

namespace {

template <std::size_t N>
bool starts_with(codec::Bytes bytes, const std::array<std::uint8_t, N>& magic) {
  return bytes.size() >= N && std::equal(magic.begin(), magic.end(), bytes.begin());
}

Image read(const std::filesystem::path& path, bool keep_gray) {
  const std::vector<std::uint8_t> bytes = read_file_bytes(path);
  try {
    return codec::decode(bytes, keep_gray);
  } catch (const Error& error) {
    fail("{}: {}", path.string(), error.what());
  }
}

}  // namespace

Image codec::decode(Bytes bytes, bool keep_gray) {
  constexpr std::array<std::uint8_t, 3> kJpeg{0xff, 0xd8, 0xff};
  constexpr std::array<std::uint8_t, 8> kPng{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  constexpr std::array<std::uint8_t, 2> kBmp{'B', 'M'};
  require(!bytes.empty(), "the file is empty");
  if (starts_with(bytes, kJpeg)) return decode_jpeg(bytes);
  if (starts_with(bytes, kPng)) return decode_png(bytes, keep_gray);
  if (starts_with(bytes, kBmp)) return decode_bmp(bytes);
  fail("not an image that can be read: expected JPEG, PNG or BMP");
}

void codec::check_size(Index height, Index width) {
  require(height >= 1 && width >= 1, "the picture is empty ({}x{})", height, width);
  require(height <= kMaxImagePixels / width, "{}x{} pixels are more than the {} that are accepted",
          height, width, kMaxImagePixels);
}

Image read_image(const std::filesystem::path& path) {
  return read(path, false);
}

Image read_mask(const std::filesystem::path& path) {
  return read(path, true);
}

void write_png(const std::filesystem::path& path, const Image& image) {
  write_file_bytes(path, codec::encode_png(image));
}

void write_jpeg(const std::filesystem::path& path, const Image& image, int quality) {
  write_file_bytes(path, codec::encode_jpeg(image, quality));
}

}  // namespace fpanet
