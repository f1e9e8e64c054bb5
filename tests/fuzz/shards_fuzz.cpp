// The index of a model in several files.

#include <fstream>

#include "engine/core/error.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "engine/weights/shards.hpp"
#include "tests/fuzz/file_of.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fpanet;
  const auto index = scratch() / "model.safetensors.index.json";
  static const bool made = [] {
    StateDict tensors;
    tensors.add("a", StateEntry::scalar(1));
    write_safetensors(scratch() / "1.safetensors", tensors);
    return true;
  }();
  std::ofstream(index, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    must(made && read_weights(index).tensors.size() == 1);
  } catch (const Error&) {
  }
  return 0;
}
