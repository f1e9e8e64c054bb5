#include "data/image_cache.hpp"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>

#include "data/file_bytes.hpp"
#include "data/image_file.hpp"
#include "engine/core/atomic_file.hpp"
#include "engine/core/error.hpp"
#include "engine/core/rng.hpp"

namespace fpanet {

namespace {

namespace fs = std::filesystem;

using Bytes = std::vector<std::uint8_t>;

/// Increment when the results of decoding or resizing change.
constexpr std::uint64_t kVersion = 2;

struct Header {
  std::uint64_t magic = 0x4547414d49415046;  // "FPAIMAGE"
  std::uint64_t version = kVersion;
  std::uint64_t key_bytes = 0;
  Index height = 0, width = 0, channels = 0, type = 0;
  std::uint64_t has_nodata = 0;
  double nodata = 0;
  Index source_height = 0, source_width = 0;
  bool operator==(const Header&) const = default;
};

std::uint64_t checksum(const Bytes& bytes, std::size_t count) {
  return ::crc32_z(0, bytes.data(), count);
}

std::string key_of(const fs::path& source, const ImageSize& size, Interpolation interpolation,
                   const Bands& bands) {
  return fmt::format("{}\nbytes {}\nmtime {}\nsize {}\n{}\nbands {}\n",
                     fs::absolute(source).string(), fs::file_size(source),
                     fs::last_write_time(source).time_since_epoch().count(), size.str(),
                     interpolation == Interpolation::linear ? "linear" : "nearest", bands.str());
}

Header header_of(const ResizedImage& entry, const std::string& key) {
  const Image& image = entry.image;
  return {.key_bytes = key.size(),
          .height = image.height,
          .width = image.width,
          .channels = image.channels,
          .type = static_cast<Index>(image.type),
          .has_nodata = image.nodata ? 1U : 0U,
          .nodata = image.nodata.value_or(0),
          .source_height = entry.source.height,
          .source_width = entry.source.width};
}

Bytes pack(const ResizedImage& entry, const std::string& key) {
  const Header header = header_of(entry, key);
  Bytes bytes(sizeof header);
  std::memcpy(bytes.data(), &header, sizeof header);
  bytes.insert(bytes.end(), key.begin(), key.end());
  bytes.insert(bytes.end(), entry.image.pixels.begin(), entry.image.pixels.end());
  const std::uint64_t sum = checksum(bytes, bytes.size());
  bytes.resize(bytes.size() + sizeof sum);
  std::memcpy(bytes.data() + bytes.size() - sizeof sum, &sum, sizeof sum);
  return bytes;
}

/// Whether an image of the header's size has `bytes` bytes. Nothing of that size is allocated before.
bool holds_pixels(const Header& header, std::size_t bytes) {
  const bool in_range = header.height > 0 && header.width > 0 &&
                        header.height <= kMaxImagePixels / header.width && header.channels > 0 &&
                        header.channels <= kMaxBands;
  return in_range && header.height * header.width * header.channels *
                             static_cast<Index>(size_of(static_cast<DType>(header.type))) ==
                         static_cast<Index>(bytes);
}

std::optional<ResizedImage> unpack(const Bytes& bytes, const std::string& key) {
  Header header;
  std::uint64_t sum = 0;
  const std::size_t pixels_at = sizeof header + key.size();
  if (bytes.size() < pixels_at + sizeof sum) return std::nullopt;
  const std::size_t pixels_end = bytes.size() - sizeof sum;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::memcpy(&sum, bytes.data() + pixels_end, sizeof sum);
  const bool whole = sum == checksum(bytes, pixels_end) && header.version == kVersion &&
                     std::equal(key.begin(), key.end(), bytes.begin() + sizeof header);
  if (!whole) return std::nullopt;

  if (!holds_pixels(header, pixels_end - pixels_at)) return std::nullopt;

  const auto type = static_cast<DType>(header.type);
  ResizedImage entry{Image(header.height, header.width, header.channels, type),
                     {header.source_height, header.source_width}};
  if (header.has_nodata != 0) entry.image.nodata = header.nodata;
  if (header != header_of(entry, key) || entry.image.pixels.size() != pixels_end - pixels_at) {
    return std::nullopt;
  }
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(pixels_at), entry.image.pixels.size(),
              entry.image.pixels.begin());
  return entry;
}

std::optional<ResizedImage> load(const fs::path& file, const std::string& key) {
  try {
    return fs::exists(file) ? unpack(read_file_bytes(file), key) : std::nullopt;
  } catch (const std::exception&) {
    return std::nullopt;  // treat an unreadable entry as missing
  }
}

/// A file name that no other thread or process uses, of the form that remove_unfinished() knows.
fs::path temporary_beside(const fs::path& file) {
  static std::atomic<unsigned> counter{0};
  fs::path name = file;
  return name += fmt::format(".tmp-{}-{}", ::getpid(), counter++);
}

/// Unlike AtomicFile, does not flush to disk: the checksum detects entries that a crash left
/// incomplete, and thousands of flushes would take longer than the decoding.
void store(const fs::path& file, const ResizedImage& entry, const std::string& key) {
  std::error_code ignored;  // without the entry, the next run decodes the image again
  fs::create_directories(file.parent_path(), ignored);
  const fs::path temporary = temporary_beside(file);
  const Bytes bytes = pack(entry, key);
  std::ofstream out(temporary, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (out.good()) fs::rename(temporary, file, ignored);
  fs::remove(temporary, ignored);
}

}  // namespace

ImageCache::ImageCache(fs::path folder) : folder_(std::move(folder)) {
  remove_unfinished(folder_, std::chrono::hours(1));
}

ResizedImage ImageCache::get(const fs::path& source, const ImageSize& size,
                             Interpolation interpolation, const Bands& bands,
                             const std::function<ResizedImage()>& make) const {
  if (!fs::exists(source)) return make();  // make() throws the error
  const std::string key = key_of(source, size, interpolation, bands);
  const fs::path file = folder_ / fmt::format("{:016x}.image", hash_name(key));
  if (auto entry = load(file, key)) return std::move(*entry);
  ResizedImage made = make();
  store(file, made, key);
  return made;
}

}  // namespace fpanet
