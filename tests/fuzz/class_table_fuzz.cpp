// class_dict.csv. A table that is read and written is the same when it is read again.

#include "data/class_table.hpp"
#include "engine/core/error.hpp"
#include "tests/fuzz/file_of.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fpanet;
  try {
    const ClassTable table = ClassTable::read(file_of({data, size}));
    const auto written = scratch() / "class_dict.csv";
    table.write(written);
    must(ClassTable::read(written) == table);
  } catch (const Error&) {
  }
  return 0;
}
