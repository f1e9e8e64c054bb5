// PNG through libpng. Errors jump out of libpng (setjmp/longjmp), and only then is a C++ exception
// thrown. Stack frames that are jumped over must not have objects with destructors.

#include <png.h>

#include <algorithm>
#include <array>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "data/codec.hpp"
#include "data/image_file.hpp"
#include "engine/core/error.hpp"

namespace fpanet::codec {

namespace {

class PngReader {
 public:
  explicit PngReader(Bytes bytes) : bytes_(bytes.size()), left_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      fail("PNG: out of memory");
    }
    png_set_read_fn(png_, this, on_read);
    skip_text();
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  void read_header() {
    check_chunks();
    guarded([this] { png_read_info(png_, info_); });
    check_size(png_get_image_height(png_, info_), png_get_image_width(png_, info_));
    constexpr Index kDeflateRatio = 1032;
    check_declared(
        static_cast<Index>(png_get_rowbytes(png_, info_)) * png_get_image_height(png_, info_),
        bytes_, kDeflateRatio, "PNG");
  }

  bool gray() const { return (png_get_color_type(png_, info_) & PNG_COLOR_MASK_COLOR) == 0; }
  bool wide() const { return png_get_bit_depth(png_, info_) == 16; }

  /// The bands of the file: 8 bits each, or 16.
  Image read_bands() {
    const std::optional<double> nodata = gray_nodata();
    guarded([this] {
      png_set_palette_to_rgb(png_);
      if (gray()) png_set_expand_gray_1_2_4_to_8(png_);
    });
    Image image = read_pixels();
    image.nodata = nodata;
    return image;
  }

  Image read_colors() {
    guarded([this] {
      png_set_strip_alpha(png_);
      png_set_palette_to_rgb(png_);
    });
    return wide() ? narrowed_colors(read_pixels()) : read_pixels();
  }

  /// The raw values of the file in one channel.
  Image read_gray() {
    guarded([this] {
      png_set_strip_alpha(png_);
      png_set_packing(png_);
    });
    return wide() ? narrowed_indices(read_pixels()) : read_pixels();
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

  /// libpng allocates what a chunk declares, up to 2 GB, before its data arrive.
  void check_chunks() const {
    constexpr std::size_t kSignature = 8,
                          kAround = 12;  // length and name before the data, CRC after
    for (std::size_t at = kSignature; at + kAround <= left_.size();) {
      const std::size_t length = png_get_uint_32(left_.data() + at);
      const std::string_view name(reinterpret_cast<const char*>(left_.data()) + at + 4, 4);
      if (name == "IEND") return;
      if (length > left_.size() - at - kAround) {
        fail("damaged or cut-off PNG: the file ends too early: a chunk declares {} bytes", length);
      }
      at += kAround + length;
    }
  }

  /// Skips the chunks that do not change pixels. Text and colour profiles may be compressed and
  /// expand to far more than the picture.
  void skip_text() {
    constexpr std::array<png_byte, 5 * 15> kSkipped{
        'b', 'K', 'G', 'D', 0, 'c', 'H', 'R', 'M', 0, 'g', 'A', 'M', 'A', 0, 'h', 'I', 'S', 'T', 0,
        'i', 'C', 'C', 'P', 0, 'i', 'T', 'X', 't', 0, 'o', 'F', 'F', 's', 0, 'p', 'C', 'A', 'L', 0,
        's', 'B', 'I', 'T', 0, 's', 'C', 'A', 'L', 0, 's', 'P', 'L', 'T', 0, 's', 'R', 'G', 'B', 0,
        't', 'E', 'X', 't', 0, 't', 'I', 'M', 'E', 0, 'z', 'T', 'X', 't', 0};
    guarded([this, &kSkipped] {
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, 0);
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, kSkipped.data(),
                                  static_cast<int>(kSkipped.size() / 5));
    });
  }

  /// The gray value that the file declares transparent.
  std::optional<double> gray_nodata() const {
    png_bytep alpha = nullptr;
    int count = 0;
    png_color_16p color = nullptr;
    if (png_get_color_type(png_, info_) != PNG_COLOR_TYPE_GRAY ||
        png_get_tRNS(png_, info_, &alpha, &count, &color) == 0 || color == nullptr) {
      return std::nullopt;
    }
    const int depth = png_get_bit_depth(png_, info_);
    const int stretch = depth < 8 ? 255 / ((1 << depth) - 1) : 1;
    return static_cast<double>(color->gray) * stretch;
  }

  Image read_pixels() {
    guarded([this] {
      if (wide() && std::endian::native == std::endian::little) png_set_swap(png_);
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    const bool interlaced = png_get_interlace_type(png_, info_) != PNG_INTERLACE_NONE;
    const auto height = static_cast<Index>(png_get_image_height(png_, info_));
    Image image;
    image.height = height;
    image.width = static_cast<Index>(png_get_image_width(png_, info_));
    image.channels = png_get_channels(png_, info_);
    image.type = wide() ? DType::u16 : DType::u8;
    require(static_cast<Index>(png_get_rowbytes(png_, info_)) == image.row_bytes(),
            "PNG: unexpected layout of {} bytes a row, expected {}", png_get_rowbytes(png_, info_),
            image.row_bytes());
    const auto row_bytes = static_cast<std::size_t>(image.row_bytes());
    const std::size_t all_bytes = static_cast<std::size_t>(height) * row_bytes;
    std::vector<png_bytep> rows;
    if (interlaced) {
      image.pixels.resize(all_bytes);
      for (Index y = 0; y < height; ++y) rows.push_back(image.row(y));
    } else {
      image.pixels.reserve(all_bytes);
    }
    guarded([this, &image, &rows, row_bytes] {
      if (!rows.empty()) png_read_image(png_, rows.data());
      // Memory is touched as rows arrive, so that a file that is cut off costs no more than it holds.
      for (Index y = 0; rows.empty() && y < image.height; ++y) {
        image.pixels.resize(image.pixels.size() + row_bytes);
        png_read_row(png_, image.row(y), nullptr);
      }
      png_read_end(png_, info_);  // EXIF data may follow the pixels
    });
    return image;
  }

  static Image narrowed_indices(const Image& wide) {
    Image narrow(wide.height, wide.width, wide.channels);
    const auto values = wide.samples<std::uint16_t>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      require(values[i] <= 255, "16-bit mask holds the value {}, expected 0 to 255", values[i]);
      narrow.pixels[i] = static_cast<std::uint8_t>(values[i]);
    }
    return narrow;
  }

  /// 16-bit colours are either 257 or 256 times those of 8 bits.
  static Image narrowed_colors(const Image& wide) {
    Image narrow(wide.height, wide.width, wide.channels);
    const auto values = wide.samples<std::uint16_t>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const int upper = values[i] >> 8, lower = values[i] & 255;
      require(lower == upper || lower == 0,
              "16-bit mask holds the colour value {}, which no 8-bit colour equals; save the mask "
              "with 8 bits per channel",
              values[i]);
      narrow.pixels[i] = static_cast<std::uint8_t>(upper);
    }
    return narrow;
  }

  std::size_t bytes_;
  Bytes left_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_{};
  std::array<char, 128> message_{};
};

class PngWriter {
 public:
  PngWriter() {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_write_struct(&png_, nullptr);
      fail("PNG: out of memory");
    }
    png_set_write_fn(png_, this, on_write, on_flush);
  }
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  std::vector<std::uint8_t> write(const Image& image) {
    if (setjmp(jump_) != 0) fail("PNG: cannot be encoded: {}", message_.data());
    write_rows(image);
    return std::move(bytes_);
  }

 private:
  static void on_error(png_structp png, png_const_charp message) {
    auto* self = static_cast<PngWriter*>(png_get_error_ptr(png));
    std::strncpy(self->message_.data(), message, self->message_.size() - 1);
    std::longjmp(self->jump_, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}
  static void on_write(png_structp png, png_bytep data, std::size_t count) {
    auto* self = static_cast<PngWriter*>(png_get_io_ptr(png));
    self->bytes_.insert(self->bytes_.end(), data, data + count);
  }
  static void on_flush(png_structp) {}

  void write_rows(const Image& image) {
    constexpr std::array<int, 4> kColors{PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                         PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    const bool wide = image.type == DType::u16;
    png_set_IHDR(png_, info_, static_cast<png_uint_32>(image.width),
                 static_cast<png_uint_32>(image.height), wide ? 16 : 8,
                 kColors[static_cast<std::size_t>(image.channels - 1)], PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (!wide) png_set_sRGB(png_, info_, PNG_sRGB_INTENT_PERCEPTUAL);
    png_write_info(png_, info_);
    if (wide && std::endian::native == std::endian::little) png_set_swap(png_);
    for (Index y = 0; y < image.height; ++y) png_write_row(png_, image.row(y));
    png_write_end(png_, nullptr);
  }

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_{};
  std::array<char, 128> message_{};
  std::vector<std::uint8_t> bytes_;
};

}  // namespace

Image decode_png(Bytes bytes, Purpose purpose) {
  PngReader reader(bytes);
  reader.read_header();
  Image image = purpose == Purpose::picture ? reader.read_bands()
                : reader.gray()             ? reader.read_gray()
                                            : reader.read_colors();
  return upright(std::move(image), reader.orientation());
}

std::vector<std::uint8_t> encode_png(const Image& image) {
  require(image.channels >= 1 && image.channels <= 4 &&
              (image.type == DType::u8 || image.type == DType::u16),
          "PNG: {} channels of {}, expected 1 to 4 of u8 or u16", image.channels,
          name_of(image.type));
  check_size(image.height, image.width);
  return PngWriter().write(image);
}

}  // namespace fpanet::codec
