// Every kernel that a header of kernels/ declares for Cpu and for Cuda has its Cuda half in device
// code or in a wrapper around a CUDA library, and a stub for builds without CUDA. Reads the sources,
// so it gives the same answer in builds with and without CUDA. A failure names the file to edit.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>

namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// By name, the file with a function whose first parameter is a context of type `device`, among the
/// files of kernels/ and its folders that `wanted` picks: "relu(const Cuda&" or, in stubs,
/// "FPANET_STUB(void, relu, const Cuda&".
template <class Wanted>
std::map<std::string, std::string> functions_on(const std::string& device, const Wanted& wanted) {
  const std::regex function(R"((\w+)(\(|,)\s*const )" + device + "&");
  std::map<std::string, std::string> files;
  const fs::path root = FPANET_SOURCE;
  for (const auto& entry : fs::recursive_directory_iterator(root / "kernels")) {
    const fs::path file = fs::relative(entry.path(), root);
    if (!entry.is_regular_file() || !wanted(file)) continue;
    const std::string text = text_of(entry.path());
    for (std::sregex_iterator i(text.begin(), text.end(), function), end; i != end; ++i) {
      files.emplace((*i)[1], file.generic_string());
    }
  }
  return files;
}

std::string folder_of(const fs::path& file) {
  return file.parent_path().filename().string();
}

/// A contract: not what Cuda halves share (kernels/cuda, kernels/cudnn, *_cuda.hpp).
bool is_header(const fs::path& file) {
  return file.extension() == ".hpp" && folder_of(file) != "cuda" && folder_of(file) != "cudnn" &&
         !file.stem().string().ends_with("_cuda");
}

bool is_stub(const fs::path& file) {
  const std::string stem = file.stem().string();
  return stem == "stubs" || stem.ends_with("_stub") || stem.ends_with("_stubs");
}

/// Kernels of our own, and wrappers around cuDNN and cuBLASLt.
bool is_device_code(const fs::path& file) {
  const std::string stem = file.stem().string();
  return file.extension() == ".cu" ||
         (file.extension() == ".cpp" &&
          (folder_of(file) == "cudnn" || stem.ends_with("_cudnn") || stem.ends_with("_cublas")));
}

/// "kernels/relu" for "kernels/relu.hpp".
std::string without_extension(const std::string& file) {
  return fs::path(file).replace_extension().generic_string();
}

}  // namespace

TEST_CASE("every kernel with two halves has its Cuda half and a stub of it") {
  const auto on_cpu = functions_on("Cpu", is_header);
  const auto halves = functions_on("Cuda", is_device_code);
  const auto stubs = functions_on("Cuda", is_stub);
  int kernels = 0;
  for (const auto& function : functions_on("Cuda", is_header)) {
    const std::string& name = function.first;
    const std::string& header = function.second;
    if (!on_cpu.contains(name)) continue;
    ++kernels;
    CHECK_MESSAGE(halves.contains(name),
                  header << " declares " << name << " on Cuda: define it in "
                         << without_extension(header)
                         << ".cu (or in *_cudnn.cpp, *_cublas.cpp when the library computes it)");
    CHECK_MESSAGE(stubs.contains(name),
                  header << " declares " << name << " on Cuda: add its line, FPANET_STUB(..., "
                         << name << ", const Cuda&, ...), to kernels/cuda/stubs.cpp");
  }
  CHECK(kernels > 50);
}

TEST_CASE("every stub stands for a kernel") {
  const auto declared = functions_on("Cuda", is_header);
  for (const auto& function : functions_on("Cuda", is_stub)) {
    const std::string& name = function.first;
    const std::string& file = function.second;
    CHECK_MESSAGE(declared.contains(name), file << " has a stub of " << name
                                                << ", which no header of kernels/ declares on "
                                                   "Cuda: remove it or add the declaration");
  }
}
