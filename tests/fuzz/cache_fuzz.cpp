// An entry of the image cache, with the checksum corrected, which would hide it from the fuzzer.

#include <zlib.h>

#include <cstring>
#include <fstream>

#include "data/file_bytes.hpp"
#include "data/image_cache.hpp"
#include "tests/fuzz/file_of.hpp"

namespace {

using namespace fpanet;

ResizedImage small() {
  return {Image(2, 3, 3), {4, 6}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::filesystem::path folder = scratch() / "cache";
  static const std::filesystem::path source = scratch() / "source.png";
  static const ImageCache cache(folder);
  const auto get = [] { return cache.get(source, {2, 3}, Interpolation::linear, {}, small); };
  static const std::filesystem::path entry = [&] {
    std::ofstream(source) << "x";
    get();
    return std::filesystem::directory_iterator(folder)->path();
  }();
  static const std::vector<std::uint8_t> good = read_file_bytes(entry);

  // The input changes single bytes, (position, value) each; what is left over becomes pixels.
  std::vector<std::uint8_t> bytes(good.begin(), good.end() - sizeof(std::uint64_t));
  for (; size >= 2; data += 2, size -= 2) {
    if (data[0] < bytes.size()) {
      bytes[data[0]] = data[1];
    } else {
      bytes.push_back(data[1]);
    }
  }
  const std::uint64_t sum = ::crc32_z(0, bytes.data(), bytes.size());
  bytes.resize(bytes.size() + sizeof sum);
  std::memcpy(bytes.data() + bytes.size() - sizeof sum, &sum, sizeof sum);
  std::ofstream(entry, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  const ResizedImage read = get();
  must(static_cast<Index>(read.image.pixels.size()) == read.image.height * read.image.row_bytes());
  return 0;
}
