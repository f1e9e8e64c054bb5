#pragma once
// The table of image formats: what a file's first bytes and its suffix tell, and who reads it.

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/codec.hpp"

namespace fpanet {

struct ImageFormat {
  std::string_view name;
  std::vector<std::string_view> suffixes;  ///< in lower case; the first is the usual one
  std::string_view magic;                  ///< the first bytes of a file
  bool picture = true;                     ///< whether pictures are read from it
  bool mask = true;  ///< whether masks are: not from formats that change colours a little
  Image (*decode)(codec::Bytes bytes, codec::Purpose purpose) = nullptr;
};

std::span<const ImageFormat> image_formats();
/// The format whose magic the bytes begin with; null if there is none.
const ImageFormat* find_format(codec::Bytes bytes);
/// The format that a file's suffix names, in upper or lower case; null if there is none.
const ImageFormat* find_format(const std::filesystem::path& file);
/// "JPEG, PNG or BMP", and their suffixes: ".jpg, .jpeg, .png or .bmp".
std::string format_names();
std::string format_suffixes();

}  // namespace fpanet
