#pragma once
// What kinds of pixels the pictures of a folder have: bands, sample types, ranges, missing samples.

#include <map>
#include <string>
#include <vector>

#include "data/band_statistics.hpp"

namespace fpanet {

class PixelKinds {
 public:
  void add(const Image& image);
  void add(const PixelKinds& other);

  /// Lines such as
  ///   pixels: 4 bands of u16 in 12 images
  ///     band 1: 128 to 4095, 0.25 % nodata
  /// for each kind.
  std::string str() const;
  /// Why these images cannot be trained on together; empty if they can.
  std::string problem() const;

 private:
  struct Kind {
    DType type = DType::u8;
    Index images = 0;
    std::vector<BandRange> bands;
  };

  std::map<std::string, Kind> kinds_;
};

}  // namespace fpanet
