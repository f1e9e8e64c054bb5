// split.csv. A split that is read and written is the same when it is read again.

#include "data/split.hpp"
#include "engine/core/error.hpp"
#include "tests/fuzz/file_of.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fpanet;
  static const std::vector<std::string> ids = {"1", "22", "a b", "c,d", "e\"f", "g\nh", "\xc3\xa9"};
  try {
    const Split split = read_split(file_of({data, size}), ids);
    const auto written = scratch() / "split.csv";
    write_split(written, split, ids);
    must(read_split(written, ids) == split);
  } catch (const Error&) {
  }
  return 0;
}
