#include <doctest/doctest.h>

#include <limits>

#include "engine/weights/torch/writer.hpp"
#include "engine/weights/weights_file.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {

namespace {

StateDict sample() {
  StateDict tensors;
  tensors.add("w", StateEntry::from_values(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3}));
  tensors.add("empty", StateEntry::from_values({}, {0, 3}));
  tensors.add("steps", StateEntry::scalar(std::numeric_limits<std::int64_t>::max()));
  for (const ElementType type :
       {ElementType::boolean, ElementType::u8, ElementType::i8, ElementType::i16, ElementType::f16,
        ElementType::bf16, ElementType::i32, ElementType::f64}) {
    std::vector<std::byte> ones(3 * size_of(type), std::byte{1});
    tensors.add(std::string(name_of(type)), {type, {3}, Bytes::own(std::move(ones))});
  }
  return tensors;
}

void check_same(const StateDict& read, const StateDict& written) {
  REQUIRE(read.size() == written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    CAPTURE(written[i].first);
    CHECK(read[i].first == written[i].first);
    CHECK(read[i].second.type() == written[i].second.type());
    CHECK(read[i].second.shape() == written[i].second.shape());
    CHECK(read[i].second.bytes().text() == written[i].second.bytes().text());
  }
}

TrainingState sample_training(const StateDict& tensors) {
  TrainingState training;
  training.epochs_done = 3;
  training.global_step = 93;
  training.train_batches = 31;
  training.validation_batches = 16;
  training.early_stopping = {
      .wait_count = 2, .stopped_epoch = 0, .patience = 10, .best_score = 0.25};
  training.model_checkpoint = {
      .best_score = 0.25, .current_score = 0.5, .best_path = "/a/best.ckpt", .folder = "/a"};
  OptimizerState optimizer;
  optimizer.lr = 3e-4;
  optimizer.parameters = 70'000;  // more than two bytes hold
  optimizer.moments.emplace(0, AdamMoments{93, tensors[0].second, tensors[0].second});
  optimizer.moments.emplace(65'999, AdamMoments{7, tensors[0].second, tensors[0].second});
  training.optimizer = std::move(optimizer);
  return training;
}

}  // namespace

TEST_CASE("torch writer: a state dict comes back bit for bit, aligned to 64 bytes") {
  const ScratchFolder folder;
  const StateDict tensors = sample();
  write_torch(folder / "a.pth", tensors);
  const WeightsFile read = read_weights(folder / "a.pth");
  CHECK(read.container == "zip");
  check_same(read.tensors, tensors);
  for (const auto& [name, entry] : read.tensors) {
    if (entry.numel() == 0) continue;
    CHECK(reinterpret_cast<std::uintptr_t>(entry.bytes().data()) % 64 == 0);
  }
}

TEST_CASE("torch writer: element types that PyTorch files lack are refused") {
  const ScratchFolder folder;
  StateDict tensors;
  tensors.add("a", {ElementType::u16, {0}, {}});
  CHECK_THROWS_WITH_AS(write_torch(folder / "a.pth", tensors),
                       "weights: PyTorch files have no storages of u16; write .safetensors instead",
                       Error);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("lightning writer: weights and training state come back") {
  const ScratchFolder folder;
  const StateDict tensors = sample();
  const TrainingState written = sample_training(tensors);
  write_lightning(folder / "a.ckpt", tensors, written);
  const WeightsFile file = read_weights(folder / "a.ckpt", ReadTraining::yes);
  CHECK(file.wrapper == "state_dict");
  check_same(file.tensors, tensors);

  REQUIRE(file.training.has_value());
  const TrainingState& read = *file.training;
  CHECK(read.epochs_done == written.epochs_done);
  CHECK(read.global_step == written.global_step);
  CHECK(read.train_batches == written.train_batches);
  CHECK(read.validation_batches == written.validation_batches);
  REQUIRE(read.early_stopping.has_value());
  CHECK(read.early_stopping->wait_count == 2);
  CHECK(read.early_stopping->best_score == 0.25);
  REQUIRE(read.model_checkpoint.has_value());
  CHECK(read.model_checkpoint->current_score == 0.5);
  CHECK(read.model_checkpoint->best_path == "/a/best.ckpt");
  CHECK(read.model_checkpoint->folder == "/a");
  REQUIRE(read.optimizer.has_value());
  CHECK(read.optimizer->lr == 3e-4);
  CHECK(read.optimizer->parameters == 70'000);
  REQUIRE(read.optimizer->moments.size() == 2);
  CHECK(read.optimizer->moments.at(65'999).step == 7);
  CHECK(read.optimizer->moments.at(0).exp_avg.values<float>() == tensors[0].second.values<float>());
}

}  // namespace fpanet
