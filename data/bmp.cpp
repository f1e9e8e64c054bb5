// BMP, read as OpenCV reads it: 5 bits of a channel are shifted up to 8 without being repeated below,
// and pixels that run-length codes skip have the first colour of the palette.

#include <algorithm>
#include <array>
#include <cstdlib>

#include "data/codec.hpp"
#include "engine/core/error.hpp"

namespace fpanet::codec {

namespace {

using Rgb = std::array<std::uint8_t, 3>;

enum class Compression : std::uint32_t { none = 0, rle8 = 1, rle4 = 2, bit_fields = 3 };

constexpr const char* kConvert = "convert it to PNG or to a 24-bit BMP";

/// Reads little-endian integers one after the other. Throws Error at the end of the file.
class Cursor {
 public:
  Cursor(Bytes bytes, std::size_t at) : bytes_(bytes), at_(at) {}

  std::uint32_t u8() { return read(1); }
  std::uint32_t u16() { return read(2); }
  std::uint32_t u32() { return read(4); }
  std::int32_t i32() { return static_cast<std::int32_t>(read(4)); }
  void skip(std::size_t count) { at_ += count; }

 private:
  std::uint32_t read(std::size_t size) {
    require(at_ <= bytes_.size() && bytes_.size() - at_ >= size,
            "cut-off BMP: {} bytes, but more are needed", bytes_.size());
    std::uint32_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | bytes_[at_ + i];
    at_ += size;
    return value;
  }

  Bytes bytes_;
  std::size_t at_;
};

struct Header {
  Index height = 0, width = 0;
  bool top_down = false;
  std::uint32_t bits = 0;  ///< of a pixel
  Compression compression = Compression::none;
  std::uint32_t data_offset = 0;
  std::array<std::uint32_t, 3> masks{};  ///< of red, green, blue
  std::array<Rgb, 256> palette{};

  Index row_bytes() const { return (width * bits + 31) / 32 * 4; }
};

constexpr std::uint32_t kOldHeader = 12, kShortestHeader = 36;

void read_palette(Cursor cursor, std::uint32_t colors, bool padded, Header& header) {
  require(colors <= header.palette.size(), "damaged BMP: a palette of {} colours, at most 256",
          colors);
  for (std::uint32_t i = 0; i < colors; ++i) {
    for (const std::size_t c : {2, 1, 0}) {
      header.palette[i][c] = static_cast<std::uint8_t>(cursor.u8());
    }
    if (padded) cursor.skip(1);
  }
}

/// Whether the compression fits the depth; the rest is refused.
bool is_known(const Header& header) {
  switch (header.compression) {
    case Compression::none:
      return header.bits == 1 || header.bits == 4 || header.bits == 8 || header.bits == 16 ||
             header.bits == 24 || header.bits == 32;
    case Compression::rle8:
      return header.bits == 8;
    case Compression::rle4:
      return header.bits == 4;
    case Compression::bit_fields:
      return header.bits == 16 || header.bits == 32;
  }
  return false;
}

Header read_header(Bytes bytes) {
  Header header;
  header.data_offset = Cursor(bytes, 10).u32();
  const std::uint32_t size = Cursor(bytes, 14).u32();
  Cursor cursor(bytes, 18);
  std::uint32_t colors = 0;
  Index height = 0;
  if (size == kOldHeader) {
    header.width = cursor.u16();
    height = cursor.u16();
    cursor.skip(2);  // planes
    header.bits = cursor.u16();
  } else {
    require(size >= kShortestHeader, "BMP with a header of {} bytes is not read; {}", size,
            kConvert);
    header.width = cursor.i32();
    height = cursor.i32();
    cursor.skip(2);
    header.bits = cursor.u16();
    header.compression = Compression{cursor.u32()};
    cursor.skip(12);  // size of the data, resolution
    colors = cursor.u32();
  }
  header.top_down = height < 0;
  header.height = std::abs(height);
  require(header.width >= 1, "damaged BMP: it is {} pixels wide", header.width);
  check_size(header.height, header.width);
  require(is_known(header), "BMP of {} bits per pixel with compression {} is not read; {}",
          header.bits, static_cast<std::uint32_t>(header.compression), kConvert);

  constexpr std::size_t kHeaderAt = 14, kMasksAt = 54;
  if (header.compression == Compression::bit_fields) {
    Cursor masks(bytes, kMasksAt);
    for (std::uint32_t& mask : header.masks) mask = masks.u32();
  } else if (header.bits == 16) {
    header.masks = {0x7c00, 0x3e0, 0x1f};
  } else {
    header.masks = {0xff0000, 0xff00, 0xff};
  }
  if (header.bits <= 8) {
    const std::uint32_t all = 1U << header.bits;
    read_palette(Cursor(bytes, kHeaderAt + size), colors == 0 ? all : colors, size != kOldHeader,
                 header);
  }
  return header;
}

/// Where a channel lies in a pixel.
struct Field {
  int shift = 0;
  std::uint32_t bits = 0, up = 0;  ///< the value is (pixel >> shift & bits) << up

  std::uint8_t of(std::uint32_t pixel) const {
    return static_cast<std::uint8_t>((pixel >> shift & bits) << up);
  }
};

/// The fields of 16-bit colours 5-5-5 and 5-6-5, and of 32-bit colours with a byte for each channel.
std::array<Field, 3> fields_of(const Header& header) {
  using Masks = std::array<std::uint32_t, 3>;
  const bool narrow =
      header.masks == Masks{0x7c00, 0x3e0, 0x1f} || header.masks == Masks{0xf800, 0x7e0, 0x1f};
  std::array<Field, 3> fields;
  bool known = header.bits == 32 || narrow;
  for (std::size_t c = 0; c < 3; ++c) {
    const std::uint32_t mask = header.masks[c];
    Field& field = fields[c];
    while (field.shift < 31 && mask >> field.shift != 0 && (mask >> field.shift & 1) == 0) {
      ++field.shift;
    }
    field.bits = mask >> field.shift;
    while (field.bits != 0 && field.bits << field.up < 0x80) ++field.up;
    known = known && (header.bits == 16 || field.bits == 0xff);
  }
  require(known, "BMP of {} bits per pixel with the bit fields {:x}, {:x}, {:x} is not read; {}",
          header.bits, header.masks[0], header.masks[1], header.masks[2], kConvert);
  return fields;
}

void read_row(const Header& header, const std::array<Field, 3>& fields, const std::uint8_t* from,
              std::uint8_t* to) {
  const std::uint32_t bits = header.bits;
  for (Index x = 0; x < header.width; ++x, to += 3) {
    if (bits <= 8) {
      const Index per_byte = 8 / bits;
      const auto shift = static_cast<std::uint32_t>(per_byte - 1 - x % per_byte) * bits;
      std::ranges::copy(header.palette[from[x / per_byte] >> shift & ((1U << bits) - 1)], to);
    } else if (bits == 24) {
      for (Index c = 0; c < 3; ++c) to[c] = from[3 * x + 2 - c];
    } else {
      std::uint32_t pixel = 0;
      const Index bytes = bits / 8;
      for (Index i = bytes; i-- > 0;) pixel = pixel << 8 | from[x * bytes + i];
      for (std::size_t c = 0; c < 3; ++c) to[c] = fields[c].of(pixel);
    }
  }
}

/// Row y of the file in the image.
std::uint8_t* target_row(const Header& header, Image& image, Index y) {
  return image.row(header.top_down ? y : header.height - 1 - y);
}

Image read_rows(Bytes bytes, const Header& header) {
  const Index expected = header.data_offset + header.height * header.row_bytes();
  require(static_cast<Index>(bytes.size()) >= expected,
          "cut-off BMP: {} bytes, its header promises {}", bytes.size(), expected);
  const bool packed = header.bits == 16 || header.bits == 32;
  const std::array<Field, 3> fields = packed ? fields_of(header) : std::array<Field, 3>{};
  Image image(header.height, header.width, 3);
  for (Index y = 0; y < header.height; ++y) {
    read_row(header, fields, bytes.data() + header.data_offset + y * header.row_bytes(),
             target_row(header, image, y));
  }
  return image;
}

/// The place where run-length codes write next.
class Pen {
 public:
  Pen(const Header& header, Image& image) : header_(header), image_(image) {}

  bool finished() const { return y_ >= header_.height; }
  void put(std::uint32_t index) {
    if (x_ == header_.width) next_row();  // the code that ends a row may be missing
    require(!finished(), "damaged BMP: run-length codes give more rows than the header declares");
    std::ranges::copy(header_.palette[index], target_row(header_, image_, y_) + 3 * x_);
    ++x_;
  }
  /// Whether `count` more pixels fit into the row.
  void check_room(Index count) const {
    require(x_ == header_.width || x_ + count <= header_.width,
            "damaged BMP: a run-length code passes the end of row {}", y_);
  }
  void next_row() {
    x_ = 0;
    ++y_;
  }
  void move(Index right, Index down) {
    x_ = std::min(x_ + right, header_.width);
    y_ = std::min(y_ + down, header_.height);
  }

 private:
  const Header& header_;
  Image& image_;
  Index x_ = 0, y_ = 0;
};

Image read_runs(Bytes bytes, const Header& header) {
  constexpr Index kRatio = 1032;  // a code gives 128 pixels a byte, and others skip whole rows
  check_declared(header.height * header.width, bytes.size(), kRatio, "BMP");
  const bool nibbles = header.compression == Compression::rle4;
  Image image(header.height, header.width, 3);
  for (Index i = 0; i < header.height * header.width; ++i) {
    std::ranges::copy(header.palette[0], image.pixels.begin() + 3 * i);
  }
  Cursor cursor(bytes, header.data_offset);
  Pen pen(header, image);
  enum Escape : std::uint32_t { end_of_row = 0, end_of_image = 1, delta = 2 };
  while (!pen.finished()) {
    const std::uint32_t count = cursor.u8(), value = cursor.u8();
    if (count > 0) {
      pen.check_room(count);
      for (std::uint32_t i = 0; i < count; ++i) {
        pen.put(!nibbles ? value : i % 2 == 0 ? value >> 4 : value & 15);
      }
    } else if (value == end_of_row) {
      pen.next_row();
    } else if (value == end_of_image) {
      break;
    } else if (value == delta) {
      const std::uint32_t right = cursor.u8(), down = cursor.u8();
      pen.move(right, down);
    } else {
      pen.check_room(value);
      std::uint32_t byte = 0;
      for (std::uint32_t i = 0; i < value; ++i) {
        if (!nibbles || i % 2 == 0) byte = cursor.u8();
        pen.put(!nibbles ? byte : i % 2 == 0 ? byte >> 4 : byte & 15);
      }
      const std::uint32_t read = nibbles ? (value + 1) / 2 : value;
      if (read % 2 != 0) cursor.u8();  // such codes are padded to 16 bits
    }
  }
  return image;
}

}  // namespace

Image decode_bmp(Bytes bytes, Purpose) {
  const Header header = read_header(bytes);
  const bool runs =
      header.compression == Compression::rle8 || header.compression == Compression::rle4;
  return runs ? read_runs(bytes, header) : read_rows(bytes, header);
}

}  // namespace fpanet::codec
