// config.toml. Settings that are read and written are the same when they are read again. There is one
// setting of each kind; those of fpanet_train would bring the networks and their kernels.

#include "apps/cli/settings_file.hpp"
#include "apps/cli/usage_error.hpp"
#include "tests/fuzz/file_of.hpp"

namespace {

struct Config {
  std::string data, precision = "fp32";
  std::int64_t epochs = 100;
  double lr = 1e-4;
  bool shuffle = true;
  fpanet::ImageSize image_size{320, 320};

  bool operator==(const Config&) const = default;
};

Config read(const std::filesystem::path& file, std::string* text) {
  Config config;
  fpanet::Settings settings;
  settings.text("data", "DIR", &config.data, "a folder", "");
  settings.choice("precision", &config.precision, {"fp32", "bf16"}, "");
  settings.integer("epochs", &config.epochs, 1, 1'000'000, "");
  settings.real("lr", &config.lr, 0, "");
  settings.toggle("shuffle", &config.shuffle, "");
  settings.image_size("image-size", &config.image_size, "");
  read_settings_file(file, settings);
  *text = settings_toml(settings);
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fpanet;
  try {
    std::string text, again;
    const Config config = read(file_of({data, size}), &text);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    must(read(file_of({bytes, text.size()}), &again) == config);
    must(again == text);
  } catch (const UsageError&) {
  }
  return 0;
}
