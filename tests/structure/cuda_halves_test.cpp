// Every kernel with a Cpu and a Cuda half has the latter in device code or a library's wrapper, and
// a stub of it for builds without CUDA.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// Names of the functions whose first parameter is a context of type `device` in the files of
/// kernels/ that `wanted` picks: "relu(const Cuda&" or, in stubs, "FPANET_STUB(void, relu, const
/// Cuda&".
template <class Wanted>
std::set<std::string> functions_on(const std::string& device, const Wanted& wanted) {
  const std::regex function(R"((\w+)(\(|,)\s*const )" + device + "&");
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(FPANET_SOURCE) / "kernels")) {
    if (!entry.is_regular_file() || !wanted(entry.path())) continue;
    const std::string text = text_of(entry.path());
    for (std::sregex_iterator i(text.begin(), text.end(), function), end; i != end; ++i) {
      names.insert((*i)[1]);
    }
  }
  return names;
}

bool is_header(const fs::path& file) {
  return file.extension() == ".hpp" && !file.stem().string().starts_with("cu");
}

bool is_stub(const fs::path& file) {
  const std::string stem = file.stem().string();
  return stem.ends_with("_stub") || stem.ends_with("_stubs");
}

/// Kernels of our own, and wrappers around cuDNN and cuBLAS.
bool is_device_code(const fs::path& file) {
  const std::string stem = file.stem().string();
  return file.extension() == ".cu" ||
         (file.extension() == ".cpp" && stem.starts_with("cu") && !is_stub(file));
}

/// Declared for both devices.
std::set<std::string> kernels_with_two_halves() {
  const std::set<std::string> cpu = functions_on("Cpu", is_header);
  std::set<std::string> both;
  for (const std::string& name : functions_on("Cuda", is_header)) {
    if (cpu.contains(name)) both.insert(name);
  }
  return both;
}

}  // namespace

TEST_CASE("every kernel with two halves has its Cuda half and a stub of it") {
  const std::set<std::string> kernels = kernels_with_two_halves();
  const std::set<std::string> halves = functions_on("Cuda", is_device_code);
  const std::set<std::string> stubs = functions_on("Cuda", is_stub);
  CHECK(kernels.size() > 50);
  for (const std::string& name : kernels) {
    CAPTURE(name);
    CHECK(halves.contains(name));
    CHECK(stubs.contains(name));
  }
}

TEST_CASE("every stub stands for a kernel") {
  const std::set<std::string> declared = functions_on("Cuda", is_header);
  for (const std::string& name : functions_on("Cuda", is_stub)) {
    CAPTURE(name);
    CHECK(declared.contains(name));
  }
}
