#pragma once
// A cache of decoded and resized images on disk, so that only the first run decodes them.
//
// Every entry is one file. Its name is the hash of its key: absolute path, byte size and mtime of
// the source, target size, interpolation, bands. An entry holds a header, the full key, the pixels and a
// checksum; if any of these does not match, the entry is ignored and rewritten. New entries are
// renamed into place, so several runs may share a folder.

#include <filesystem>
#include <functional>

#include "data/bands.hpp"
#include "data/image.hpp"
#include "data/resize.hpp"

namespace fpanet {

struct ResizedImage {
  Image image;
  ImageSize source;  ///< size of the image in the file
};

class ImageCache {
 public:
  /// Removes temporary files that are older than an hour, which killed processes left in `folder`.
  explicit ImageCache(std::filesystem::path folder);

  /// Returns the entry for `source`. If there is none, calls make() and stores its result. A
  /// failure to store (full disk, no permission) is ignored; the next run then decodes the image
  /// again. May be called from several threads.
  ResizedImage get(const std::filesystem::path& source, const ImageSize& size,
                   Interpolation interpolation, const Bands& bands,
                   const std::function<ResizedImage()>& make) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace fpanet
