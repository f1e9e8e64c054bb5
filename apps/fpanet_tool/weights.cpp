#include <filesystem>

#include "apps/cli/cli.hpp"
#include "apps/cli/settings.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "apps/training/lightning_state.hpp"
#include "apps/training/run_folder.hpp"
#include "engine/weights/printable.hpp"
#include "engine/weights/weights_diff.hpp"
#include "engine/weights/weights_file.hpp"
#include "engine/weights/write_weights.hpp"

namespace fpanet {

namespace {

struct Files {
  std::string first, second, prefix;
  Settings settings;
};

constexpr const char* kReadable =
    ".pth, .pt, .ckpt, .safetensors, a run folder (its best weights) or a Hugging Face folder";

std::string description(const StateEntry& entry) {
  return fmt::format("{} {}", name_of(entry.type()), shape_text(entry.shape()));
}

int list(const Files& files) {
  const WeightsFile file = read_weights(find_checkpoint(files.first));
  std::int64_t elements = 0;
  std::size_t bytes = 0;
  for (const auto& [name, entry] : file.tensors) {
    fmt::print("{:64} {:5} {}\n", printable(name).str(), name_of(entry.type()),
               shape_text(entry.shape()));
    elements += entry.numel();
    bytes += entry.bytes().size();
  }
  fmt::print("\n{} container, {} tensors, {} elements, {} bytes\n", file.container,
             file.tensors.size(), elements, bytes);
  if (!file.wrapper.empty()) fmt::print("found under the key '{}'\n", file.wrapper);
  if (!file.note.empty()) fmt::print("these are {}\n", file.note);
  for (const std::string& name : file.skipped) fmt::print("not a tensor: {}\n", name);
  for (const auto& [key, value] : file.metadata) {
    fmt::print("metadata {}={}\n", printable_lines(key), printable_lines(value));
  }
  return kExitDone;
}

/// A target .ckpt needs the training state. Every other target only needs the weights.
WeightsFile read_for(const std::filesystem::path& target, const std::filesystem::path& source) {
  const bool training = target.extension() == ".ckpt";
  if (!std::filesystem::is_directory(source)) {
    return read_weights(source, training ? ReadTraining::yes : ReadTraining::no);
  }
  return training ? lightning_checkpoint(source) : read_weights(find_checkpoint(source));
}

int convert(const Files& files) {
  WeightsFile file = read_for(files.second, files.first);
  if (!files.prefix.empty()) file.tensors = strip_prefix(file.tensors, files.prefix);
  write_weights(files.second, file);
  fmt::print("{} tensors in {}\n", file.tensors.size(), files.second);
  return kExitDone;
}

void print_difference(const WeightsDiff::Row& row) {
  if (row.b == nullptr) {
    fmt::print("- {} {}\n", printable(row.name), description(*row.a));
  } else if (row.a == nullptr) {
    fmt::print("+ {} {}\n", printable(row.name), description(*row.b));
  } else if (!row.comparable() || row.a->type() != row.b->type()) {
    fmt::print("! {} {} and {}\n", printable(row.name), description(*row.a), description(*row.b));
  } else {
    fmt::print("~ {} differs by up to {:.6g}\n", printable(row.name), row.max_abs);
  }
}

int diff(const Files& files) {
  const WeightsFile a = read_weights(find_checkpoint(files.first));
  const WeightsFile b = read_weights(find_checkpoint(files.second));
  const WeightsDiff difference = diff_weights(a.tensors, b.tensors);
  if (!difference.names.empty()) fmt::print("names: {}\n", difference.names);
  std::size_t equal = 0;
  for (const WeightsDiff::Row& row : difference.rows) {
    if (row.equal()) {
      ++equal;
    } else {
      print_difference(row);
    }
  }
  fmt::print("{} of {} tensors are equal; largest difference {:.6g}\n", equal,
             difference.rows.size(), difference.max_abs());
  return difference.equal() ? kExitDone : kExitFailed;
}

}  // namespace

void add_weights(CLI::App& app, Action& action) {
  const auto files = std::make_shared<Files>();
  CLI::App& weights = add_group(app, "weights", "Lists, converts and compares weight files.");

  CLI::App& list_command = add_command(weights, "list", "Names, types and shapes; metadata.",
                                       action, [files] { return list(*files); });
  add_argument(list_command, "FILE", &files->first, kReadable);

  CLI::App& convert_command =
      add_command(weights, "convert", "Converts IN to the format of OUT's suffix.", action,
                  [files] { return convert(*files); });
  add_argument(convert_command, "IN", &files->first,
               ".pth, .pt, .ckpt, .safetensors, or a run folder: its best weights, but for a "
               ".ckpt its last ones with their optimizer state");
  add_argument(convert_command, "OUT", &files->second, ".safetensors, .pth, .pt or .ckpt");
  files->settings.text("prefix", "NAME", &files->prefix, "the beginning of names",
                       "Keep only the names with this prefix, and remove it from them");
  files->settings.add_flags(convert_command);

  CLI::App& diff_command = add_command(
      weights, "diff",
      "How B differs from A: - missing, + added, ! type or shape, ~ values. Exits with 1 "
      "if they differ.",
      action, [files] { return diff(*files); });
  add_argument(diff_command, "A", &files->first, kReadable);
  add_argument(diff_command, "B", &files->second, kReadable);
}

}  // namespace fpanet
