#include "engine/weights/torch/containers.hpp"
#include "tests/fuzz/read_all.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fpanet::read_all_behind(fpanet::kZipMagic, std::as_bytes(std::span(data, size)));
  return 0;
}
