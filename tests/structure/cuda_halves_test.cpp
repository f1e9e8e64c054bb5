// Every kernel that declares a Cuda half has a stub for builds without CUDA, and no stub is left of
// one that does not.

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

/// Names of the functions whose first parameter is a `const Cuda&` in the files of kernels/ that
/// `wanted` picks: "relu(const Cuda&" or, in the stubs, "FPANET_STUB(void, relu, const Cuda&".
template <class Wanted>
std::set<std::string> cuda_functions(const Wanted& wanted) {
  static const std::regex kFunction(R"((\w+)(\(|,)\s*const Cuda&)");
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(FPANET_SOURCE) / "kernels")) {
    if (!entry.is_regular_file() || !wanted(entry.path())) continue;
    const std::string text = text_of(entry.path());
    for (std::sregex_iterator i(text.begin(), text.end(), kFunction), end; i != end; ++i) {
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

}  // namespace

TEST_CASE("every kernel with a Cuda half has a stub, and every stub a kernel") {
  const std::set<std::string> declared = cuda_functions(is_header);
  const std::set<std::string> stubs = cuda_functions(is_stub);
  CHECK(declared.size() > 50);
  for (const std::string& name : declared) {
    CAPTURE(name);
    CHECK(stubs.contains(name));
  }
  for (const std::string& name : stubs) {
    CAPTURE(name);
    CHECK(declared.contains(name));
  }
}
