// JPEG through libjpeg-turbo. libjpeg reports errors through a callback that must not return. The
// callback jumps out of libjpeg (setjmp/longjmp), and only then is a C++ exception thrown. Stack
// frames that are jumped over must therefore not have objects with destructors.

#include <csetjmp>
#include <cstddef>
#include <cstdio>
// jpeglib.h needs size_t and FILE declared first.
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "data/codec.hpp"
#include "engine/core/error.hpp"

namespace fpanet::codec {

namespace {

struct ErrorState {
  jpeg_error_mgr manager{};  // the first member, because libjpeg passes back a pointer to it
  std::jmp_buf jump{};
  std::array<char, JMSG_LENGTH_MAX> message{};
};

[[noreturn]] void leave(j_common_ptr common) {
  auto* state = reinterpret_cast<ErrorState*>(common->err);
  state->manager.format_message(common, state->message.data());
  std::longjmp(state->jump, 1);
}

/// For damaged data, libjpeg emits a warning and continues with gray pixels. Here that is an error,
/// except for these warnings, after which the pixels are still right.
bool harmless(int code) {
  constexpr std::array kHarmless{JWRN_ADOBE_XFORM, JWRN_EXTRANEOUS_DATA, JWRN_JFIF_MAJOR,
                                 JWRN_TOO_MUCH_DATA, JWRN_BOGUS_ICC};
  return std::find(kHarmless.begin(), kHarmless.end(), code) != kHarmless.end();
}

void on_message(j_common_ptr common, int level) {
  if (level < 0 && !harmless(common->err->msg_code)) leave(common);
}

void ignore_message(j_common_ptr) {}

jpeg_error_mgr* prepare(ErrorState& state) {
  jpeg_error_mgr* manager = jpeg_std_error(&state.manager);
  manager->error_exit = leave;
  manager->emit_message = on_message;
  manager->output_message = ignore_message;
  return manager;
}

/// Runs calls into libjpeg; its errors become Error.
template <class F>
void guarded(ErrorState& state, F&& calls) {
  if (setjmp(state.jump) != 0) fail("damaged or cut-off JPEG: {}", state.message.data());
  calls();
}

/// Each scan of a progressive file passes over the whole image. Encoders write about ten.
void limit_scans(j_common_ptr common) {
  constexpr int kMostScans = 100;
  if (reinterpret_cast<j_decompress_ptr>(common)->input_scan_number <= kMostScans) return;
  auto* state = reinterpret_cast<ErrorState*>(common->err);
  std::snprintf(state->message.data(), state->message.size(), "more than %d scans", kMostScans);
  std::longjmp(state->jump, 1);
}

class Decompressor {
 public:
  Decompressor() {
    info_.err = prepare(errors_);
    guarded(errors_, [this] { jpeg_create_decompress(&info_); });
    progress_.progress_monitor = limit_scans;
    info_.progress = &progress_;
  }
  ~Decompressor() { jpeg_destroy_decompress(&info_); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  void read_header(Bytes bytes, Purpose purpose) {
    guarded(errors_, [this, bytes] {
      jpeg_mem_src(&info_, bytes.data(), bytes.size());
      constexpr unsigned kWholeMarker = 0xffff;
      jpeg_save_markers(&info_, JPEG_APP0 + 1, kWholeMarker);
      jpeg_read_header(&info_, TRUE);
    });
    check_size(info_.image_height, info_.image_width);
    if (info_.arith_code == FALSE) {
      // A Huffman code of at least one bit for each block of 64 pixels.
      constexpr Index kBlock = 64, kBlocksPerByte = 8;
      check_declared(Index{info_.image_height} * info_.image_width, bytes.size(),
                     kBlock * kBlocksPerByte, "JPEG");
    }
    const bool gray = info_.jpeg_color_space == JCS_GRAYSCALE && purpose == Purpose::picture;
    info_.out_color_space = inks() ? JCS_CMYK : gray ? JCS_GRAYSCALE : JCS_RGB;
    channels_ = inks() ? 4 : gray ? 1 : 3;
    orientation_ = saved_orientation();
  }

  /// The whole image: gray, RGB, or four inks for CMYK and YCCK files.
  Image read_pixels() {
    Image image;
    image.height = info_.image_height;
    image.width = info_.image_width;
    image.channels = channels_;
    const auto row_bytes = static_cast<std::size_t>(image.row_bytes());
    image.pixels.reserve(static_cast<std::size_t>(image.height) * row_bytes);
    guarded(errors_, [this, &image, row_bytes] {
      jpeg_start_decompress(&info_);
      // Memory is touched as rows arrive, so that a file that is cut off costs no more than it holds.
      while (info_.output_scanline < info_.output_height) {
        image.pixels.resize(image.pixels.size() + row_bytes);
        JSAMPROW row = image.row(info_.output_scanline);
        jpeg_read_scanlines(&info_, &row, 1);
      }
      jpeg_finish_decompress(&info_);
    });
    return image;
  }

  int orientation() const { return orientation_; }

 private:
  bool inks() const {
    return info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
  }

  /// The orientation in the first EXIF marker that has one other than 1.
  int saved_orientation() const {
    constexpr std::array<std::uint8_t, 6> kExif{'E', 'x', 'i', 'f', 0, 0};
    for (jpeg_saved_marker_ptr m = info_.marker_list; m != nullptr; m = m->next) {
      const Bytes data{m->data, m->data_length};
      if (data.size() < kExif.size() || !std::equal(kExif.begin(), kExif.end(), data.begin())) {
        continue;
      }
      const int found = exif_orientation(data.subspan(kExif.size()));
      if (found != 1) return found;
    }
    return 1;
  }

  ErrorState errors_;
  jpeg_decompress_struct info_{};
  jpeg_progress_mgr progress_{};
  Index channels_ = 3;
  int orientation_ = 1;
};

/// OpenCV's integer formula for Adobe's inverted inks.
Image rgb_from_inks(const Image& inks) {
  Image rgb(inks.height, inks.width, 3);
  for (Index i = 0; i < inks.height * inks.width; ++i) {
    const std::uint8_t* from = inks.pixels.data() + i * 4;
    const int black = from[3];
    for (Index c = 0; c < 3; ++c) {
      const int value = black - (((255 - from[c]) * black) >> 8);
      rgb.pixels[static_cast<std::size_t>(i * 3 + c)] = static_cast<std::uint8_t>(value);
    }
  }
  return rgb;
}

class Compressor {
 public:
  Compressor() {
    info_.err = prepare(errors_);
    guarded(errors_, [this] { jpeg_create_compress(&info_); });
  }
  ~Compressor() {
    jpeg_destroy_compress(&info_);
    std::free(buffer_);
  }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  std::vector<std::uint8_t> write(const Image& image, int quality) {
    guarded(errors_, [this, &image, quality] {
      jpeg_mem_dest(&info_, &buffer_, &size_);
      info_.image_height = static_cast<JDIMENSION>(image.height);
      info_.image_width = static_cast<JDIMENSION>(image.width);
      info_.input_components = static_cast<int>(image.channels);
      info_.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
      jpeg_set_defaults(&info_);
      jpeg_set_quality(&info_, quality, TRUE);
      jpeg_start_compress(&info_, TRUE);
      while (info_.next_scanline < info_.image_height) {
        // libjpeg's interface lacks a const, but libjpeg does not write to the row.
        auto* row = const_cast<JSAMPROW>(image.row(info_.next_scanline));
        jpeg_write_scanlines(&info_, &row, 1);
      }
      jpeg_finish_compress(&info_);
    });
    return {buffer_, buffer_ + size_};
  }

 private:
  ErrorState errors_;
  jpeg_compress_struct info_{};
  unsigned char* buffer_ = nullptr;
  unsigned long size_ = 0;
};

}  // namespace

Image decode_jpeg(Bytes bytes, Purpose purpose) {
  Decompressor decompressor;
  decompressor.read_header(bytes, purpose);
  Image image = decompressor.read_pixels();
  if (image.channels == 4) image = rgb_from_inks(image);
  return upright(std::move(image), decompressor.orientation());
}

std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality) {
  require((image.channels == 1 || image.channels == 3) && image.type == DType::u8,
          "JPEG: {} channels of {}, expected 1 or 3 of u8", image.channels, name_of(image.type));
  check_size(image.height, image.width);
  return Compressor().write(image, quality);
}

}  // namespace fpanet::codec
