#include "data/image_file.hpp"

#include "data/codec.hpp"
#include "data/file_bytes.hpp"
#include "data/image_format.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

namespace {

Image decode_file(const std::filesystem::path& path, codec::Purpose purpose) {
  const std::vector<std::uint8_t> bytes = read_file_bytes(path);
  try {
    return codec::decode(bytes, purpose);
  } catch (const Error& error) {
    fail("{}: {}", path.string(), error.what());
  }
}

}  // namespace

Image codec::decode(Bytes bytes, Purpose purpose) {
  require(!bytes.empty(), "the file is empty");
  const ImageFormat* const format = find_format(bytes);
  require(format != nullptr, "not an image that can be read: expected {}", format_names());
  return format->decode(bytes, purpose);
}

void codec::check_size(Index height, Index width) {
  require(height >= 1 && width >= 1, "the picture is empty ({}x{})", height, width);
  require(height <= kMaxImagePixels / width, "{}x{} pixels are more than the {} that are accepted",
          height, width, kMaxImagePixels);
}

void codec::check_declared(Index declared, std::size_t bytes, Index ratio,
                           std::string_view format) {
  const auto most = static_cast<Index>(bytes) * ratio;
  require(declared <= most,
          "damaged or cut-off {}: its header declares {} bytes of samples, but a file of {} bytes "
          "holds at most {}",
          format, declared, bytes, most);
}

Image read_image(const std::filesystem::path& path, const ReadOptions& options) {
  Image image = decode_file(path, codec::Purpose::picture);
  if (options.window) image = crop(image, *options.window);
  if (!options.bands) return image;
  return select_bands(std::move(image), *options.bands, path.filename().string());
}

Image read_mask(const std::filesystem::path& path) {
  return decode_file(path, codec::Purpose::mask);
}

void write_png(const std::filesystem::path& path, const Image& image) {
  write_file_bytes(path, codec::encode_png(image));
}

void write_jpeg(const std::filesystem::path& path, const Image& image, int quality) {
  write_file_bytes(path, codec::encode_jpeg(image, quality));
}

}  // namespace fpanet
