#pragma once
// Decoded and resized images on disk, so that only the first run pays for decoding.
//
// One file an entry, named by the hash of its key: absolute path, byte size and mtime of the
// source, target size, interpolation. An entry holds a header, the key in full, the pixels and a
// checksum; whatever does not fit all of these is ignored and written anew. Entries appear by
// rename, so runs may share a folder.

#include <filesystem>
#include <functional>

#include "data/image.hpp"
#include "data/resize.hpp"

namespace fpanet {

struct ResizedImage {
  Image image;
  ImageSize source;  ///< what the file holds
};

class ImageCache {
 public:
  explicit ImageCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// The entry for `source`, or make()'s image after storing it. A store that fails (full disk, no
  /// permission) costs the next run time and nothing else. May be called from several threads.
  ResizedImage get(const std::filesystem::path& source, const ImageSize& size,
                   Interpolation interpolation, const std::function<ResizedImage()>& make) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace fpanet
