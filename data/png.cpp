// PNG through libpng. Errors jump out of libpng (setjmp/longjmp), and only then is a C++ exception
// thrown. Stack frames that are jumped over must not have objects with destructors.

#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <utility>

#include "data/codec.hpp"
#include "data/image_file.hpp"
#include "engine/core/error.hpp"

namespace fpanet::codec {

namespace {

class PngReader {
 public:
  explicit PngReader(Bytes bytes) : left_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      fail("PNG: out of memory");
    }
    png_set_read_fn(png_, this, on_read);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  void read_header() {
    guarded([this] { png_read_info(png_, info_); });
    check_size(png_get_image_height(png_, info_), png_get_image_width(png_, info_));
  }

  bool gray() const { return (png_get_color_type(png_, info_) & PNG_COLOR_MASK_COLOR) == 0; }

  Image read_rgb() {
    guarded([this] {
      png_set_strip_16(png_);
      png_set_strip_alpha(png_);
      png_set_palette_to_rgb(png_);
      if (gray()) {
        png_set_expand_gray_1_2_4_to_8(png_);
        png_set_gray_to_rgb(png_);
      }
    });
    return read_pixels(3);
  }

  /// The raw values of the file in one channel.
  Image read_gray() {
    const bool wide = png_get_bit_depth(png_, info_) == 16;
    guarded([this] {
      png_set_strip_alpha(png_);
      png_set_packing(png_);
    });
    Image image = read_pixels(wide ? 2 : 1);
    return wide ? narrowed(image) : image;
  }

  /// Call after reading the pixels.
  int orientation() const {
    png_uint_32 size = 0;
    png_bytep data = nullptr;
    if (png_get_eXIf_1(png_, info_, &size, &data) == 0) return 1;
    return exif_orientation({data, size});
  }

 private:
  static void on_error(png_structp png, png_const_charp message) {
    auto* self = static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(self->message_.data(), message, self->message_.size() - 1);
    std::longjmp(self->jump_, 1);
  }

  static void on_warning(png_structp, png_const_charp) {}

  static void on_read(png_structp png, png_bytep out, std::size_t count) {
    auto* self = static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > self->left_.size()) png_error(png, "the file ends too early");
    std::copy_n(self->left_.data(), count, out);
    self->left_ = self->left_.subspan(count);
  }

  /// Runs calls into libpng; its errors become Error.
  template <class F>
  void guarded(F&& calls) {
    if (setjmp(jump_) != 0) fail("damaged or cut-off PNG: {}", message_.data());
    calls();
  }

  Image read_pixels(Index bytes_per_pixel) {
    guarded([this] {
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    const auto height = static_cast<Index>(png_get_image_height(png_, info_));
    const auto width = static_cast<Index>(png_get_image_width(png_, info_));
    Image image(height, width, bytes_per_pixel);
    require(static_cast<Index>(png_get_rowbytes(png_, info_)) == image.row_bytes(),
            "PNG: unexpected layout of {} bytes a row, expected {}", png_get_rowbytes(png_, info_),
            image.row_bytes());
    std::vector<png_bytep> rows(static_cast<std::size_t>(height));
    for (Index y = 0; y < height; ++y) rows[static_cast<std::size_t>(y)] = image.row(y);
    guarded([this, &rows] {
      png_read_image(png_, rows.data());
      png_read_end(png_, info_);  // EXIF data may follow the pixels
    });
    return image;
  }

  /// Converts 16-bit values (big-endian byte pairs) to 8 bits.
  static Image narrowed(const Image& wide) {
    Image narrow(wide.height, wide.width, 1);
    for (std::size_t i = 0; i < narrow.pixels.size(); ++i) {
      require(wide.pixels[2 * i] == 0, "16-bit mask holds the value {}, expected 0 to 255",
              wide.pixels[2 * i] * 256 + wide.pixels[2 * i + 1]);
      narrow.pixels[i] = wide.pixels[2 * i + 1];
    }
    return narrow;
  }

  Bytes left_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_{};
  std::array<char, 128> message_{};
};

}  // namespace

Image decode_png(Bytes bytes, bool keep_gray) {
  PngReader reader(bytes);
  reader.read_header();
  Image image = keep_gray && reader.gray() ? reader.read_gray() : reader.read_rgb();
  return upright(std::move(image), reader.orientation());
}

std::vector<std::uint8_t> encode_png(const Image& image) {
  require(image.channels == 1 || image.channels == 3, "PNG: {} channels, expected 1 or 3",
          image.channels);
  check_size(image.height, image.width);
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.height = static_cast<png_uint_32>(image.height);
  header.width = static_cast<png_uint_32>(image.width);
  header.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::vector<std::uint8_t> bytes(size);
  const int ok =
      png_image_write_to_memory(&header, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr);
  require(ok != 0, "PNG: cannot be encoded: {}", header.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace fpanet::codec
