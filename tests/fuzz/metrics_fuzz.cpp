// metrics.csv and steps.csv of a run that is resumed.

#include "apps/fpanet_train/step_log.hpp"
#include "apps/training/csv_logger.hpp"
#include "engine/core/error.hpp"
#include "tests/fuzz/file_of.hpp"

namespace {

/// Calls `body` with a file of these bytes in the folder.
template <class Body>
void with_file(const char* name, std::span<const std::uint8_t> bytes, Body&& body) {
  const std::filesystem::path file = fpanet::scratch() / name;
  std::filesystem::copy_file(fpanet::file_of(bytes), file,
                             std::filesystem::copy_options::overwrite_existing);
  try {
    body(file);
  } catch (const fpanet::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fpanet;
  with_file("steps.csv", {data, size}, [](const std::filesystem::path& file) {
    {
      StepLog log(file, 3, {"norm"});
      log.add(1, 3, 0.5, 1e-4, {{"norm", 2.0}});
    }
    StepLog again(file, 4, {"norm"});  // what was written can be read
  });
  with_file("metrics.csv", {data, size}, [](const std::filesystem::path& file) {
    MetricsTable::read(file).values("val/Loss");
    CsvLogger(file, 2).log({{"val/Loss", 0.5}}, 2, 9);
    CsvLogger(file, 3).log({{"val/Loss", 0.25}}, 3, 12);
  });
  return 0;
}
