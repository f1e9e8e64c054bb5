// The text of engine choices, and the file that keeps them.

#include "kernels/cudnn/plan_file.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/scratch_folder.hpp"

namespace fpanet::kernels {
namespace {

const PlanFile::Entry kEntry{{62, {{2, 5}, {27, 8}}}, false, 41.5, "{\"plan\": \"text\"}"};

/// Every byte there is, as in a plan that holds machine code.
std::string all_bytes() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

TEST_CASE("cudnn: an engine's choice survives its text, and other text is refused") {
  for (const EngineChoice& choice :
       {EngineChoice{0}, EngineChoice{62, {{2, 5}, {27, 8}, {1, -1}}}}) {
    CHECK(EngineChoice::parse(choice.str()) == choice);
  }
  for (const char* text : {"", "engine", "engine7 ", "engine7 2", "engine7 2=", "engine7 2=x",
                           "engine7, 2=1", "motor7", "engine99999999999999999999"}) {
    CAPTURE(text);
    CHECK(!EngineChoice::parse(text).has_value());
  }
}

TEST_CASE("cudnn: choices are found again in the next run, and only on the same GPU") {
  const ScratchFolder folder;
  const auto path = folder.path() / "cache" / "GPU.json";
  PlanFile(path, "GPU A, cuDNN 9").add("forward f32", kEntry);
  const PlanFile again(path, "GPU A, cuDNN 9");
  REQUIRE(again.find("forward f32") != nullptr);
  CHECK(again.find("forward f32")->choice == kEntry.choice);
  CHECK(again.find("forward f32")->fused == kEntry.fused);
  CHECK(again.find("forward f32")->microseconds == kEntry.microseconds);
  CHECK(again.find("forward f32")->compiled == kEntry.compiled);
  CHECK(again.find("forward bf16") == nullptr);
  CHECK(PlanFile(path, "GPU B, cuDNN 9").find("forward f32") == nullptr);
}

TEST_CASE("cudnn: a damaged file is ignored and replaced") {
  const ScratchFolder folder;
  const auto path = folder.path() / "GPU.json";
  for (const char* text : {"", "{", "[]", "{\"format\": 1}", "\x01\x02"}) {
    CAPTURE(text);
    std::ofstream(path, std::ios::binary) << text;
    PlanFile file(path, "gpu");
    CHECK(file.find("forward f32") == nullptr);
    file.add("forward f32", kEntry);
    file.flush();
    CHECK(PlanFile(path, "gpu").find("forward f32") != nullptr);
  }
}

TEST_CASE("cudnn: a compiled plan may contain any bytes") {
  const ScratchFolder folder;
  const auto path = folder.path() / "GPU.json";
  PlanFile::Entry entry = kEntry;
  entry.compiled = all_bytes() + all_bytes();
  PlanFile(path, "gpu").add("forward bf16", entry);
  const PlanFile again(path, "gpu");
  REQUIRE(again.find("forward bf16") != nullptr);
  CHECK(again.find("forward bf16")->compiled == entry.compiled);
}

TEST_CASE("cudnn: the file is written once for all that was added, and keeps what others added") {
  const ScratchFolder folder;
  const auto path = folder.path() / "GPU.json";
  PlanFile one(path, "gpu"), other(path, "gpu");
  one.add("forward f32", kEntry);
  one.add("forward bf16", kEntry);
  CHECK_FALSE(std::filesystem::exists(path));
  one.flush();
  CHECK(std::filesystem::exists(path));
  other.add("backward_input f32", kEntry);
  other.flush();
  const PlanFile both(path, "gpu");
  for (const char* problem : {"forward f32", "forward bf16", "backward_input f32"}) {
    CAPTURE(problem);
    CHECK(both.find(problem) != nullptr);
  }
  std::filesystem::remove(path);
  one.flush();  // nothing is new
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("cudnn: without a place for it, choices last as long as the run") {
  PlanFile file({}, "gpu");
  file.add("forward f32", kEntry);
  CHECK(file.find("forward f32") != nullptr);
  const ScratchFolder folder;
  std::ofstream(folder.path() / "taken") << "a file, not a folder";
  PlanFile blocked(folder.path() / "taken" / "gpu.json", "gpu");
  blocked.add("forward f32", kEntry);
  blocked.flush();
  CHECK(blocked.find("forward f32") != nullptr);
}

}  // namespace
}  // namespace fpanet::kernels
