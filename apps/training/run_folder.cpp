#include "apps/training/run_folder.hpp"

#include <ctime>
#include <system_error>
#include <utility>

#include "engine/core/atomic_file.hpp"
#include "engine/core/error.hpp"

namespace fpanet {
namespace fs = std::filesystem;
namespace {

constexpr const char* kCheckpoints = "checkpoints";

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

}  // namespace

RunFolder::RunFolder(fs::path folder)
    : path_(std::move(folder)), lock_(std::make_unique<FolderLock>(path_)) {}

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
  for (const auto& entry : fs::directory_iterator(folder)) {
    require(
        entry.path().filename() == FolderLock::kFileName,
        "{}: the run folder is not empty (it contains {}); use another, or continue that run with "
        "--resume {}",
        folder.string(), entry.path().filename().string(), folder.string());
  }
  make_folder(run.path_ / kCheckpoints);
  return run;
}

RunFolder RunFolder::resume(const fs::path& folder) {
  std::error_code error;
  for (const fs::path& file : {folder / "config.toml", training_state(folder)}) {
    require(fs::is_regular_file(file, error), "{}: no run to resume: {} is missing",
            folder.string(), file.lexically_relative(folder).string());
  }
  RunFolder run(folder);
  remove_unfinished(folder);
  remove_unfinished(folder / kCheckpoints);
  return run;
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
       {RunFolder::best_checkpoint(file_or_run), RunFolder::last_checkpoint(file_or_run)}) {
    if (fs::exists(file, error)) return file;
  }
  fail("{}: the folder has no checkpoints/best.safetensors; is it a run folder?",
       file_or_run.string());
}

}  // namespace fpanet
