// config.toml. Settings that are read and written are the same when they are read again.

#include "apps/cli/settings_file.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/training/train_config.hpp"
#include "tests/fuzz/file_of.hpp"

namespace {

fpanet::TrainConfig read(const std::filesystem::path& file, std::string* text) {
  fpanet::TrainConfig config;
  fpanet::Settings settings;
  describe(config, settings);
  read_settings_file(file, settings);
  *text = settings_toml(settings);
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fpanet;
  try {
    std::string text, again;
    const TrainConfig config = read(file_of({data, size}), &text);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    must(read(file_of({bytes, text.size()}), &again) == config);
    must(again == text);
  } catch (const UsageError&) {
  }
  return 0;
}
