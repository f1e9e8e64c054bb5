#include "data/image_format.hpp"
#include "data/file_name.hpp"

#include <algorithm>
#include <array>

namespace fpanet {

namespace {

using namespace std::string_view_literals;

const std::array<ImageFormat, 3> kFormats{{
    {.name = "JPEG",
     .suffixes = {".jpg", ".jpeg"},
     .magic = "\xff\xd8\xff"sv,
     .mask = false,
     .decode = codec::decode_jpeg},
    {.name = "PNG",
     .suffixes = {".png"},
     .magic = "\x89PNG\r\n\x1a\n"sv,
     .decode = codec::decode_png},
    {.name = "BMP", .suffixes = {".bmp"}, .magic = "BM"sv, .decode = codec::decode_bmp},
}};

std::string listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace

std::span<const ImageFormat> image_formats() {
  return kFormats;
}

const ImageFormat* find_format(codec::Bytes bytes) {
  const auto begins = [bytes](const ImageFormat& format) {
    return bytes.size() >= format.magic.size() &&
           std::equal(format.magic.begin(), format.magic.end(), bytes.begin(),
                      [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
  };
  const auto found = std::ranges::find_if(kFormats, begins);
  return found == kFormats.end() ? nullptr : &*found;
}

const ImageFormat* find_format(const std::filesystem::path& file) {
  const std::string suffix = lower_suffix(file);
  const auto found = std::ranges::find_if(kFormats, [&](const ImageFormat& format) {
    return std::ranges::find(format.suffixes, suffix) != format.suffixes.end();
  });
  return found == kFormats.end() ? nullptr : &*found;
}

std::string format_names() {
  std::vector<std::string_view> names;
  for (const ImageFormat& format : kFormats) names.push_back(format.name);
  return listed(names);
}

std::string format_suffixes() {
  std::vector<std::string_view> suffixes;
  for (const ImageFormat& format : kFormats) {
    suffixes.insert(suffixes.end(), format.suffixes.begin(), format.suffixes.end());
  }
  return listed(suffixes);
}

}  // namespace fpanet
