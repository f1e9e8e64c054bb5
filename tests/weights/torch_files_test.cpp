// Files written by PyTorch 1.13 in all its containers, and broken ones: tests/data/torchfiles.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/weights/weights_file.hpp"

namespace fpanet {

namespace {

const std::filesystem::path kFolder = std::filesystem::path(FPANET_TEST_DATA) / "torchfiles";

nlohmann::ordered_json expected(const std::string& file) {
  std::ifstream stream(kFolder / file);
  return nlohmann::ordered_json::parse(stream);
}

/// Names, order, shapes, types where given, and values, all exactly.
void check_equal(const StateDict& tensors, const nlohmann::ordered_json& wanted,
                 const std::string& prefix = "") {
  static const std::map<std::string, ElementType> kTypes = {
      {"float32", ElementType::f32},   {"float64", ElementType::f64}, {"float16", ElementType::f16},
      {"bfloat16", ElementType::bf16}, {"int64", ElementType::i64},   {"int32", ElementType::i32},
      {"uint8", ElementType::u8},      {"bool", ElementType::boolean}};
  REQUIRE(tensors.size() == wanted.size());
  std::size_t position = 0;
  for (const auto& one : wanted.items()) {
    const std::string& name = one.key();
    const auto& entry = one.value();
    CAPTURE(name);
    const auto& [read_name, read] = tensors[position++];
    CHECK(read_name == prefix + name);
    CHECK(read.shape() == entry["shape"].get<std::vector<std::int64_t>>());
    CHECK(read.values<double>() == entry["values"].get<std::vector<double>>());
    if (entry.contains("dtype")) CHECK(read.type() == kTypes.at(entry["dtype"]));
  }
}

}  // namespace

TEST_CASE("torch files: zip, legacy and protocol 4 give exactly the saved values") {
  const auto wanted = expected("state_expected.json");
  const std::pair<const char*, const char*> files[] = {
      {"state_zip.pth", "zip"}, {"state_zip_protocol4.pth", "zip"}, {"state_legacy.pth", "legacy"}};
  for (const auto& one : files) {
    const char* const file = one.first;
    CAPTURE(file);
    const WeightsFile read = read_weights(kFolder / file);
    CHECK(read.name == file);
    CHECK(read.container == one.second);
    CHECK(read.wrapper.empty());
    CHECK(read.skipped.empty());
    check_equal(read.tensors, wanted);
  }
}

TEST_CASE("torch files: names stay as the file has them") {
  check_equal(read_weights(kFolder / "state_dataparallel.pth").tensors,
              expected("state_expected.json"), "module.");
}

TEST_CASE("torch files: the oldest container, a tar archive") {
  const WeightsFile read = read_weights(kFolder / "state_tar.pth");
  CHECK(read.container == "tar");
  check_equal(read.tensors, expected("tar_expected.json"));
}

TEST_CASE("torch files: a Lightning checkpoint, weights and training state") {
  const WeightsFile weights = read_weights(kFolder / "lightning.ckpt");
  CHECK(weights.wrapper == "state_dict");
  CHECK_FALSE(weights.training.has_value());
  check_equal(weights.tensors, expected("lightning_expected.json"));

  const WeightsFile read = read_weights(kFolder / "lightning.ckpt", ReadTraining::yes);
  REQUIRE(read.training.has_value());
  const TrainingState& training = *read.training;
  CHECK(training.epochs_done == 13);
  CHECK(training.global_step == 403);
  CHECK(training.lightning_version == "2.0.9");
  REQUIRE(training.early_stopping.has_value());
  CHECK(training.early_stopping->wait_count == 0);
  CHECK(training.early_stopping->patience == 10);
  CHECK(training.early_stopping->best_score == 0.31f);
  CHECK_FALSE(training.model_checkpoint.has_value());

  REQUIRE(training.optimizer.has_value());
  const OptimizerState& optimizer = *training.optimizer;
  CHECK(optimizer.lr == 1e-4);
  CHECK(optimizer.beta2 == 0.999);
  CHECK(optimizer.eps == 1e-8);
  CHECK(optimizer.weight_decay == 0.01);
  CHECK_FALSE(optimizer.amsgrad);
  CHECK(optimizer.parameters == 4);
  REQUIRE(optimizer.moments.size() == 4);
  CHECK(optimizer.moments.at(0).step == 1);
  CHECK(optimizer.moments.at(0).exp_avg.shape() == std::vector<std::int64_t>{4, 3, 3, 3});
  CHECK(optimizer.moments.at(3).exp_avg_sq.shape() == std::vector<std::int64_t>{4});
}

TEST_CASE("torch files: each broken file is refused with its reason") {
  const std::pair<const char*, const char*> files[] = {
      {"bad_crc.pth",
       "member state_zip/data/1 is damaged: crc 2ef611c8 where the directory has "
       "1b0eb1de"},
      {"bad_empty.pth", "the file is empty"},
      {"bad_eval_legacy.pth",
       "byte 315: __builtin__.eval is refused: only tensors and plain values are "
       "read, nothing is executed"},
      {"bad_header_length.safetensors",
       "header of 4611686018427387904 bytes in a safetensors file of 10 (at most "
       "100000000)"},
      {"bad_json.safetensors", "header is not valid JSON at its byte 36"},
      {"bad_missing_storage.pth", "member state_zip/data/0 is missing"},
      {"bad_offsets.safetensors", "tensor b begins at byte 8 of the data but 16 is expected"},
      {"bad_os_system.pth",
       "data.pkl: byte 169: posix.system is refused: only tensors and plain values "
       "are read, nothing is executed"},
      {"bad_shape_overflow.safetensors",
       "tensor a: shape (4294967296,4294967296) has too many elements"},
      {"bad_short_storage.pth", "tensor layer.weight: storage 0 has 8 bytes, which is not 135 f32"},
      {"bad_text.pth",
       "neither a PyTorch file (zip, legacy or tar) nor safetensors; it begins "
       "with '<!doctype html><'"},
      {"bad_truncated_legacy.pth",
       "ends early: the storage at byte 2688 announces 120 f32, 452 bytes are "
       "left"},
      {"bad_truncated_zip.pth", "zip archive without its end record: the file is truncated"},
  };
  std::size_t bad_files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().filename().string().starts_with("bad_")) ++bad_files;
  }
  CHECK(std::size(files) == bad_files);
  for (const auto& [file, reason] : files) {
    const std::string path = (kFolder / file).string();
    CHECK_THROWS_WITH_AS(read_weights(path), (path + ": " + reason).c_str(), Error);
  }
  CHECK_FALSE(std::filesystem::exists("/tmp/pwned_by_pickle"));
}

}  // namespace fpanet
