#include "tests/fuzz/decode_image.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fpanet::decode_image(fpanet::codec::decode_bmp, {data, size});
  return 0;
}
