// The progress in a run folder's training_state.safetensors. What is read and written is the same
// when it is read again.

#include "apps/training/progress_state.hpp"
#include "engine/core/error.hpp"
#include "tests/fuzz/file_of.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fpanet;
  try {
    const std::string text =
        progress_text(parse_progress({reinterpret_cast<const char*>(data), size}));
    must(progress_text(parse_progress(text)) == text);
  } catch (const Error&) {
  }
  return 0;
}
