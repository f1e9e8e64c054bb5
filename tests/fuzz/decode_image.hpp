#pragma once

#include "data/codec.hpp"
#include "engine/core/error.hpp"
#include "tests/fuzz/file_of.hpp"

namespace fpanet {

/// Decodes the bytes as a picture and as a mask, whatever they begin with.
inline void decode_image(Image (*decode)(codec::Bytes, codec::Purpose), codec::Bytes bytes) {
  for (const codec::Purpose purpose : {codec::Purpose::picture, codec::Purpose::mask}) {
    try {
      const Image image = decode(bytes, purpose);
      must(static_cast<Index>(image.pixels.size()) == image.height * image.row_bytes());
    } catch (const Error&) {
    }
  }
}

}  // namespace fpanet
