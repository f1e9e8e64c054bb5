#include "apps/training/run_folder.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <system_error>
#include <utility>

#include "apps/training/checkpoint.hpp"
#include "engine/core/atomic_file.hpp"
#include "engine/core/error.hpp"

namespace fpanet {
namespace fs = std::filesystem;
namespace {

constexpr const char* kConfig = "config.toml";
constexpr const char* kSplit = "split.csv";
constexpr const char* kClassTable = "class_dict.csv";
constexpr const char* kCheckpoints = "checkpoints";
constexpr std::array<std::string_view, 3> kCheckpointFiles = {
    "best.safetensors", "last.safetensors", "training_state.safetensors"};

/// Creates the folder and its parents. Returns false if it already existed.
bool make_folder(const fs::path& folder) {
  std::error_code error;
  const bool made = fs::create_directories(folder, error);
  require(!error, "{}: cannot create the folder: {}", folder.string(), error.message());
  return made;
}

/// Creates the first of runs/<date>-1, -2, ... that does not exist. Two processes never get the
/// same folder.
fs::path make_dated_folder() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  char date[16];
  std::strftime(date, sizeof date, "%Y-%m-%d", ::localtime_r(&now, &local));
  for (int n = 1;; ++n) {
    fs::path folder = fs::path("runs") / fmt::format("{}-{}", date, n);
    if (make_folder(folder)) return folder;
  }
}

/// The name of the first entry of `folder` that is not in `known`; empty if there is none.
template <class Known>
std::string unknown_entry(const fs::path& folder, const Known& known) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (std::ranges::find(known, name) == std::ranges::end(known)) return name;
  }
  return {};
}

bool can_be_resumed(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / kConfig, error) &&
         fs::is_regular_file(RunFolder::training_state(folder), error);
}

/// Removes what a run that died before it wrote its config.toml left in `folder`, of which nothing
/// was trained. Throws Error if there is anything else.
void remove_unstarted_run(const fs::path& folder) {
  std::error_code error;
  const fs::path checkpoints = folder / kCheckpoints;
  remove_unfinished(folder);
  std::string other;
  if (fs::is_directory(checkpoints, error)) {
    remove_unfinished(checkpoints);
    other = unknown_entry(checkpoints, kCheckpointFiles);
  }
  // The split and the class table are written after the state, so without one they are not ours.
  const bool has_state = fs::exists(RunFolder::training_state(folder), error);
  const std::array<std::string_view, 4> ours = {FolderLock::kFileName, kCheckpoints,
                                                has_state ? kSplit : kCheckpoints,
                                                has_state ? kClassTable : kCheckpoints};
  if (const std::string name = unknown_entry(folder, ours); !name.empty()) other = name;
  require(other.empty(), "{}: the run folder is not empty (it contains {}); use another{}",
          folder.string(), other,
          can_be_resumed(folder) ? ", or continue that run with --resume " + folder.string()
                                 : ": it holds no run that --resume could continue");
  // The state goes last: while it exists, this function still knows the other files.
  for (const char* const file : {kSplit, kClassTable}) fs::remove(folder / file, error);
  for (const std::string_view file : kCheckpointFiles) fs::remove(checkpoints / file, error);
}

}  // namespace

RunFolder::RunFolder(fs::path folder, std::unique_ptr<FolderLock> lock)
    : path_(std::move(folder)), lock_(std::move(lock)) {}

RunFolder::RunFolder(fs::path folder) : RunFolder(folder, std::make_unique<FolderLock>(folder)) {}

RunFolder RunFolder::without_lock(const fs::path& folder) {
  return {folder, nullptr};
}

RunFolder RunFolder::create(const fs::path& folder) {
  if (folder.empty()) {
    RunFolder run(make_dated_folder());
    make_folder(run.path_ / kCheckpoints);
    return run;
  }
  std::error_code error;
  require(!fs::exists(folder, error) || fs::is_directory(folder, error),
          "{}: is a file, not a run folder", folder.string());
  make_folder(folder);
  RunFolder run(folder);
  remove_unstarted_run(folder);
  make_folder(run.path_ / kCheckpoints);
  return run;
}

RunFolder RunFolder::resume(const fs::path& folder) {
  std::error_code error;
  for (const fs::path& file : {folder / kConfig, training_state(folder)}) {
    require(fs::is_regular_file(file, error), "{}: no run to resume: {} is missing",
            folder.string(), file.lexically_relative(folder).string());
  }
  RunFolder run(folder);
  remove_unfinished(folder);
  remove_unfinished(folder / kCheckpoints);
  return run;
}

std::optional<ClassTable> RunFolder::classes() const {
  std::error_code error;
  if (fs::exists(class_table(), error)) return ClassTable::read(class_table());
  for (const fs::path& file : {last_checkpoint(), best_checkpoint()}) {
    if (!fs::exists(file, error)) continue;
    const WeightsFile weights = read_weights(file);
    return read_info(weights.metadata, weights.name).classes;
  }
  return std::nullopt;
}

fs::path RunFolder::best_checkpoint(const fs::path& folder) {
  return folder / kCheckpoints / "best.safetensors";
}

fs::path RunFolder::last_checkpoint(const fs::path& folder) {
  return folder / kCheckpoints / "last.safetensors";
}

fs::path RunFolder::training_state(const fs::path& folder) {
  return folder / kCheckpoints / "training_state.safetensors";
}

fs::path find_checkpoint(const fs::path& file_or_run) {
  std::error_code error;
  if (!fs::is_directory(file_or_run, error)) {
    require(fs::exists(file_or_run, error), "{}: no such checkpoint or run folder",
            file_or_run.string());
    return file_or_run;
  }
  for (const fs::path& file :
       {RunFolder::best_checkpoint(file_or_run), RunFolder::last_checkpoint(file_or_run),
        // the Hugging Face Hub's names
        file_or_run / "model.safetensors", file_or_run / "model.safetensors.index.json",
        file_or_run / "pytorch_model.bin", file_or_run / "pytorch_model.bin.index.json"}) {
    if (fs::exists(file, error)) return file;
  }
  require(!can_be_resumed(file_or_run),
          "{}: the run has not finished its first epoch, so it has no checkpoint yet; continue it "
          "with fpanet_train --resume {}",
          file_or_run.string(), file_or_run.string());
  fail(
      "{}: the folder has no checkpoints/best.safetensors; is it a run folder? It has no "
      "model.safetensors of the Hugging Face Hub either",
      file_or_run.string());
}

}  // namespace fpanet
