// A zip archive's data.pkl alone: there the crc would hide it from the fuzzer.

#include "engine/core/error.hpp"
#include "engine/weights/pickle/persistent_id.hpp"
#include "engine/weights/pickle/unpickler.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fpanet::pickle;
  Heap heap("fuzz");
  try {
    unpickle(
        {reinterpret_cast<const char*>(data), size}, 0, "fuzz", heap,
        [&](const Object& id, const Where& where) { return storage_from_id(id, heap, where); });
  } catch (const fpanet::Error&) {
  }
  return 0;
}
