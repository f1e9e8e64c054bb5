#include "data/image_tensor.hpp"

#include <cstring>

namespace fpanet {

Tensor tensor_of(const Image& image) {
  Tensor tensor = Tensor::empty({1, image.channels, image.height, image.width}, image.type);
  std::memcpy(tensor.raw(), image.pixels.data(), tensor.bytes());
  return tensor;
}

Image image_of(const Tensor& images, Index n) {
  const Tensor samples = images.slice(n, 1);
  const Shape& shape = samples.shape();
  Image image(shape[2], shape[3], shape[1], samples.dtype());
  std::memcpy(image.pixels.data(), samples.raw(), samples.bytes());
  return image;
}

}  // namespace fpanet
