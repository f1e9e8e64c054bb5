#include "data/image_file.hpp"

#include <doctest/doctest.h>

#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
// jpeglib.h needs size_t and FILE declared first.
#include <jpeglib.h>

#include "data/codec.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;
using test::message_of;
using test::picture;

namespace {

const std::filesystem::path kFolder = std::filesystem::path(FPANET_TEST_DATA) / "images";

Image image_from(const StateEntry& entry) {
  const DType type = entry.type() == ElementType::u16 ? DType::u16 : DType::u8;
  Image image(entry.shape()[0], entry.shape()[1], entry.shape()[2], type);
  const auto bytes = entry.bytes().span();
  std::memcpy(image.pixels.data(), bytes.data(), bytes.size());
  return image;
}

std::uint8_t gray_value(Index i) {
  return static_cast<std::uint8_t>(i * 7 % 256);
}

Image gray_picture(Index height, Index width) {
  Image image(height, width, 1);
  for (Index i = 0; i < height * width; ++i) {
    image.pixels[static_cast<std::size_t>(i)] = gray_value(i);
  }
  return image;
}

std::string decode_error(std::span<const std::uint8_t> bytes) {
  return message_of<Error>([&] { codec::decode(bytes, codec::Purpose::picture); });
}

/// A progressive JPEG with `frequencies` scans for each of its three colours, and one for all.
std::vector<std::uint8_t> jpeg_of_scans(int frequencies) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_height = info.image_width = 16;
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  std::vector<jpeg_scan_info> scans{{3, {0, 1, 2, 0}, 0, 0, 0, 0}};
  for (int component = 0; component < 3; ++component) {
    for (int k = 1; k < frequencies; ++k) scans.push_back({1, {component}, k, k, 0, 0});
    scans.push_back({1, {component}, frequencies, 63, 0, 0});
  }
  info.scan_info = scans.data();
  info.num_scans = static_cast<int>(scans.size());
  jpeg_start_compress(&info, TRUE);
  Image image = picture(16, 16);
  for (Index y = 0; y < 16; ++y) {
    JSAMPROW row = image.row(y);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  std::vector<std::uint8_t> bytes(buffer, buffer + size);
  jpeg_destroy_compress(&info);
  std::free(buffer);
  return bytes;
}

/// What OpenCV keeps of 16 bits where 8 are asked for.
Image upper_bytes(const Image& image) {
  if (image.type == DType::u8) return image;
  Image upper(image.height, image.width, image.channels);
  std::ranges::transform(image.samples<std::uint16_t>(), upper.pixels.begin(),
                         [](std::uint16_t value) { return static_cast<std::uint8_t>(value >> 8); });
  return upper;
}

}  // namespace

TEST_CASE("image files: every format decodes to OpenCV's bytes") {
  const SafetensorsFile expected = read_safetensors(kFolder / "expected.safetensors");
  REQUIRE(expected.tensors.size() == 24);
  for (const auto& one : expected.tensors) {
    const std::string& name = one.first;
    const StateEntry& entry = one.second;
    CAPTURE(name);
    const Image image = read_image(kFolder / name);
    const Image wanted = image_from(entry);
    CHECK(image.size_str() == wanted.size_str());
    CHECK((image.type == DType::u16) == (name.find("16") != name.npos));
    CHECK(upper_bytes(image).pixels == wanted.pixels);
  }
}

TEST_CASE("image files: bands and depth are those of the file") {
  const SafetensorsFile expected = read_safetensors(kFolder / "deep.safetensors");
  REQUIRE(expected.tensors.size() == 7);
  for (const auto& one : expected.tensors) {
    const std::string& name = one.first;
    const StateEntry& entry = one.second;
    CAPTURE(name);
    const Image wanted = image_from(entry);
    const Bands all = Bands::first(wanted.channels);
    CHECK(read_image(kFolder / name, {.bands = all}) == wanted);
    const ReadOptions too_many{.bands = Bands::first(wanted.channels + 1)};
    if (wanted.channels == 2) continue;  // three bands of gray are gray
    const std::string message =
        message_of<TooFewBands>([&] { read_image(kFolder / name, too_many); });
    CHECK(message == fmt::format("the model takes {} bands, {} has {}", wanted.channels + 1, name,
                                 wanted.channels));
  }
}

TEST_CASE("image files: bands in any order, and windows") {
  const Image whole = read_image(kFolder / "rgba16.png", {.bands = Bands::first(4)});
  const Image turned = read_image(kFolder / "rgba16.png",
                                  {.bands = Bands::parse("4,1,1"), .window = Window{2, 3, 4, 2}});
  REQUIRE(turned.size_str() == "4x2");
  for (Index y = 0; y < 4; ++y) {
    for (Index x = 0; x < 2; ++x) {
      const auto from = static_cast<std::size_t>(((y + 2) * whole.width + x + 3) * 4);
      const auto to = static_cast<std::size_t>((y * 2 + x) * 3);
      const auto samples = whole.samples<std::uint16_t>(), made = turned.samples<std::uint16_t>();
      CHECK(made[to] == samples[from + 3]);
      CHECK(made[to + 1] == samples[from]);
      CHECK(made[to + 2] == samples[from]);
    }
  }
  CHECK(contains(message_of<Error>([&] {
                   read_image(kFolder / "rgba16.png", {.window = Window{0, 0, 10, 7}});
                 }),
                 "window of 10x7 at row 0, column 0 is not inside an image of 9x7"));
}

TEST_CASE("image files: every kind of BMP decodes to OpenCV's bytes") {
  const SafetensorsFile expected = read_safetensors(kFolder / "bmp" / "expected.safetensors");
  REQUIRE(expected.tensors.size() == 31);
  for (const auto& one : expected.tensors) {
    const std::string& name = one.first;
    const StateEntry& entry = one.second;
    CAPTURE(name);
    CHECK(read_image(kFolder / "bmp" / name) == image_from(entry));
  }
}

TEST_CASE("image files: BMP that is not read is refused with a way out") {
  std::vector<std::uint8_t> bytes = read_file_bytes(kFolder / "bmp" / "rgb32fields.bmp");
  bytes[54 + 2] = 0x0f;  // red: 0x0f0000
  CHECK(decode_error(bytes) ==
        "BMP of 32 bits per pixel with the bit fields f0000, ff00, ff is not read; convert it to "
        "PNG or to a 24-bit BMP");
  bytes = read_file_bytes(kFolder / "bmp" / "rgb24.bmp");
  bytes[30] = 4;  // JPEG inside
  CHECK(contains(decode_error(bytes), "BMP of 24 bits per pixel with compression 4 is not read; "));
  bytes = read_file_bytes(kFolder / "bmp" / "rle8.bmp");
  CHECK(contains(decode_error({bytes.begin(), bytes.end() - 2}), "cut-off BMP"));
}

TEST_CASE("image files: no more work than a file's size can hold") {
  // A PNG of 16384 x 16384 pixels that ends after its header: no memory is allocated.
  std::vector<std::uint8_t> png = codec::encode_png(gray_picture(3, 3));
  for (const std::size_t at : {16, 20}) {
    png[at] = png[at + 1] = png[at + 3] = 0;
    png[at + 2] = 0x40;
  }
  const auto crc = ::crc32_z(0, png.data() + 12, 17);
  for (std::size_t i = 0; i < 4; ++i) png[29 + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
  CHECK(
      contains(decode_error(png), "its header declares 268435456 bytes of samples, but a file of"));

  // Text that expands a thousandfold is skipped: 300 chunks of a megabyte would take seconds.
  const Image picture = gray_picture(3, 3);
  std::vector<std::uint8_t> text = codec::encode_png(picture);
  std::vector<std::uint8_t> chunk{0, 0, 0, 0, 'z', 'T', 'X', 't', 'a', 0, 0};
  const std::vector<std::uint8_t> long_text(1 << 20, 'x');
  uLongf size = ::compressBound(static_cast<uLong>(long_text.size()));
  std::vector<std::uint8_t> packed(size);
  ::compress(packed.data(), &size, long_text.data(), static_cast<uLong>(long_text.size()));
  chunk.insert(chunk.end(), packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
  const auto length = static_cast<std::uint32_t>(chunk.size() - 8);
  for (std::size_t i = 0; i < 4; ++i) chunk[i] = static_cast<std::uint8_t>(length >> (24 - 8 * i));
  const auto chunk_crc = ::crc32_z(0, chunk.data() + 4, chunk.size() - 4);
  for (std::size_t i = 0; i < 4; ++i) {
    chunk.push_back(static_cast<std::uint8_t>(chunk_crc >> (24 - 8 * i)));
  }
  std::vector<std::uint8_t> full(text.begin(), text.begin() + 33);
  for (int i = 0; i < 300; ++i) full.insert(full.end(), chunk.begin(), chunk.end());
  full.insert(full.end(), text.begin() + 33, text.end());
  const std::clock_t start = std::clock();
  CHECK(codec::decode(full, codec::Purpose::picture) == picture);
  CHECK(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 0.2);

  // A chunk that declares half a gigabyte, of which four bytes follow: no memory is allocated for it.
  std::vector<std::uint8_t> chunk_only(text.begin(), text.begin() + 33);
  for (const char c : {'\x1f', '\xff', '\xff', '\xff', 'e', 'X', 'I', 'f', 'I', 'I', '*', '\0'}) {
    chunk_only.push_back(static_cast<std::uint8_t>(c));
  }
  CHECK(decode_error(chunk_only) ==
        "damaged or cut-off PNG: the file ends too early: a chunk declares 536870911 bytes");

  // A progressive JPEG with a scan for each frequency of each colour.
  CHECK(decode_error(jpeg_of_scans(30)).empty());
  CHECK(decode_error(jpeg_of_scans(63)) == "damaged or cut-off JPEG: more than 100 scans");
}

TEST_CASE("image files: PNG comes back as it was written") {
  const ScratchFolder scratch;
  for (const Image& image : {picture(13, 9), gray_picture(1, 1), gray_picture(20, 31)}) {
    write_png(scratch / "a.png", image);
    CHECK(read_mask(scratch / "a.png") == image);
  }
  for (const DType type : {DType::u8, DType::u16}) {
    for (Index channels = 1; channels <= 4; ++channels) {
      const Image image = test::any_picture(7, 9, channels, type);
      write_png(scratch / "b.png", image);
      CHECK(read_image(scratch / "b.png", {.bands = Bands::first(channels)}) == image);
    }
  }
}

TEST_CASE("image files: JPEG comes back nearly as it was written") {
  const ScratchFolder scratch;
  Image image(16, 24, 3);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(100 + i / 72);
  }
  write_jpeg(scratch / "a.jpg", image, 95);
  const Image back = read_image(scratch / "a.jpg");
  REQUIRE(back.size_str() == "16x24");
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    REQUIRE(std::abs(back.pixels[i] - image.pixels[i]) <= 3);
  }
}

TEST_CASE("image files: masks without colour keep their raw values") {
  CHECK(read_mask(kFolder / "gray.png").channels == 1);
  CHECK(read_mask(kFolder / "gray_alpha.png").channels == 1);
  CHECK(read_mask(kFolder / "rgb.png").channels == 3);
  CHECK(read_mask(kFolder / "palette.png") == read_image(kFolder / "palette.png"));

  const Image bits = read_mask(kFolder / "bits.png");
  CHECK(*std::max_element(bits.pixels.begin(), bits.pixels.end()) == 1);
  // As a picture, 4-bit values are stretched to 8 bits.
  const Image nibbles = read_mask(kFolder / "gray4.png"),
              stretched = read_image(kFolder / "gray4.png");
  for (std::size_t i = 0; i < nibbles.pixels.size(); ++i) {
    REQUIRE(nibbles.pixels[i] * 17 == stretched.pixels[3 * i]);
  }

  const std::string message = message_of<Error>([] { read_mask(kFolder / "gray16.png"); });
  CHECK(contains(message, "gray16.png: 16-bit mask holds the value "));
}

TEST_CASE("image files: a file cut anywhere is refused") {
  for (const char* name : {"420.jpg", "progressive.jpg", "cmyk.jpg", "turned3.jpg", "rgb.png",
                           "palette.png", "rgb16.png", "turned6.png", "rgb.bmp", "palette.bmp"}) {
    const std::vector<std::uint8_t> whole = read_file_bytes(kFolder / name);
    CAPTURE(name);
    CHECK(decode_error(whole).empty());
    for (std::size_t length = 0; length < whole.size(); ++length) {
      CAPTURE(length);
      REQUIRE_FALSE(decode_error(std::span(whole).first(length)).empty());
    }
  }
}

TEST_CASE("image files: a cut file is refused by name") {
  const ScratchFolder scratch;
  for (const char* name : {"420.jpg", "rgb.png", "rgb.bmp"}) {
    const std::vector<std::uint8_t> whole = read_file_bytes(kFolder / name);
    test::write_bytes(scratch / name, std::span(whole).first(whole.size() / 2));
    const std::string message = message_of<Error>([&] { read_image(scratch / name); });
    CHECK(contains(message, std::string(name) + ": "));
    CHECK(contains(message, "cut-off"));
  }
}

TEST_CASE("image files: damaged bytes give a picture or an error, never a crash") {
  int pictures = 0, errors = 0;
  for (const char* name : {"progressive.jpg", "turned6.jpg", "palette.png", "palette.bmp"}) {
    const std::vector<std::uint8_t> whole = read_file_bytes(kFolder / name);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      std::vector<std::uint8_t> damaged = whole;
      damaged[i] ^= static_cast<std::uint8_t>(1 + i % 255);
      ++(decode_error(damaged).empty() ? pictures : errors);
    }
  }
  CHECK(pictures > 100);
  CHECK(errors > 100);
}

TEST_CASE("image files: a huge size in a small file asks for no memory") {
  const ScratchFolder scratch;
  std::vector<std::uint8_t> bytes = read_file_bytes(kFolder / "444.jpg");
  for (std::size_t i = 0; i + 8 < bytes.size(); ++i) {
    if (bytes[i] == 0xff && bytes[i + 1] == 0xc0) {  // baseline frame: height and width follow
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(i) + 5, 4, std::uint8_t{0xf0});
    }
  }
  test::write_bytes(scratch / "huge.jpg", bytes);
  const std::string message = message_of<Error>([&] { read_image(scratch / "huge.jpg"); });
  CHECK(contains(message, "huge.jpg: 61680x61680 pixels are more than"));
}

TEST_CASE("image files: what is no image is refused by name") {
  const ScratchFolder scratch;
  test::write_text(scratch / "note.jpg", "hello");
  test::write_text(scratch / "empty.png", "");
  CHECK(contains(message_of<Error>([&] { read_image(scratch / "note.jpg"); }),
                 "note.jpg: not an image"));
  CHECK(contains(message_of<Error>([&] { read_image(scratch / "empty.png"); }),
                 "empty.png: the file is empty"));
  CHECK(contains(message_of<Error>([&] { read_image(scratch / "none.png"); }),
                 "none.png: there is no such file"));
  CHECK(contains(message_of<Error>([&] { read_image(scratch.path()); }), "not a regular file"));
}

TEST_CASE("image files: writing where nothing can be written leaves nothing") {
  const ScratchFolder scratch;
  CHECK(contains(message_of<Error>([&] { write_png(scratch / "no" / "a.png", picture(2, 2)); }),
                 "a.png"));
  CHECK(contains(message_of<Error>([&] { write_png(scratch / "a.png", Image(2, 2, 5)); }),
                 "5 channels"));
  CHECK(
      contains(message_of<Error>([&] { write_png(scratch / "a.png", Image(2, 2, 3, DType::f32)); }),
               "3 channels of f32"));
  CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("image size: numbers, HxW and native") {
  CHECK(ImageSize::parse("320") == ImageSize{320, 320});
  CHECK(ImageSize::parse("256x320") == ImageSize{256, 320});
  CHECK(ImageSize::parse("native").native());
  CHECK(ImageSize{256, 320}.str() == "256x320");
  for (const char* bad :
       {"", "0", "x", "320x", "x320", "-3", "320x0", "320x320x3", "big", " 320"}) {
    CAPTURE(bad);
    CHECK(contains(message_of<Error>([&] { ImageSize::parse(bad); }), "expected a number"));
  }
}

}  // namespace fpanet
