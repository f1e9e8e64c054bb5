#include "apps/prediction/picture_reader.hpp"

#include <cassert>
#include <utility>

namespace fpanet {
namespace {

class PictureReader : public RasterReader {
 public:
  PictureReader(const Image& picture, std::string name) : picture_(picture) {
    info_.name = std::move(name);
    info_.height = picture.height;
    info_.width = picture.width;
    info_.bands = picture.channels;
    info_.type = picture.type;
  }

  const RasterInfo& info() const override { return info_; }

  RasterPatch read(const SourceWindow& window, Index height, Index width) override {
    const Window part{static_cast<Index>(window.top), static_cast<Index>(window.left), height,
                      width};
    assert(window.height == static_cast<double>(height) &&
           window.width == static_cast<double>(width));
    return {.pixels = crop(picture_, part), .valid = read_valid(part)};
  }

  std::vector<std::uint8_t> read_valid(const Window& window) override {
    return std::vector<std::uint8_t>(static_cast<std::size_t>(window.height * window.width), 1);
  }

 private:
  const Image& picture_;
  RasterInfo info_;
};

}  // namespace

std::unique_ptr<RasterReader> picture_reader(const Image& picture, std::string name) {
  return std::make_unique<PictureReader>(picture, std::move(name));
}

}  // namespace fpanet
