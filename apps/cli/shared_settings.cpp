#include "apps/cli/shared_settings.hpp"

#include <string_view>
#include <utility>

#include "apps/cli/parse_number.hpp"

namespace fpanet {
namespace {

constexpr std::int64_t kMostThreads = 1024;

constexpr std::int64_t kMostScenes = 1'000'000;
constexpr std::string_view kCounted = "synthetic:";

/// True for any folder, and for synthetic:COUNT with COUNT from 1 to kMostScenes.
bool is_data(std::string_view text) {
  if (!text.starts_with(kCounted)) return !text.empty();
  const auto count = parse_number<std::int64_t>(text.substr(kCounted.size()));
  return count && *count > 0 && *count <= kMostScenes;
}

bool is_device(std::string_view text) {
  if (text == "auto" || text == "cpu" || text == "cuda") return true;
  return text.starts_with("cuda:") && parse_number<std::uint16_t>(text.substr(5)).has_value();
}

}  // namespace

void add_data(Settings& settings, std::string* data, std::string help) {
  settings.add({.name = "data",
                .placeholder = "DIR|synthetic[:COUNT]",
                .accepted = kDataAccepted,
                .help = std::move(help),
                .kind = Setting::Kind::text,
                .assign =
                    [data](const std::string& text) {
                      *data = text;
                      return is_data(text);
                    },
                .str = [data] { return *data; },
                .required = true});
}

void add_protocol(Settings& settings, std::string* protocol) {
  settings.choice("protocol", protocol, {"clean", "notebook"},
                  "notebook: every quirk of the notebook, jitter in val/test\n"
                  "and unmatched mask colours as class 0; clean: neither");
}

void add_mask_policy(Settings& settings, std::string* policy) {
  std::vector<std::string> choices = mask_policy_names();
  choices.insert(choices.begin(), "auto");
  settings.choice("mask-policy", policy, std::move(choices),
                  "Label of a mask colour that no class has: ignored, class 0, the class\n"
                  "after thresholding each channel at 128, the class of the nearest\n"
                  "colour, or an error; auto: depends on --protocol");
}

MaskPolicy resolve_mask_policy(const std::string& policy, const std::string& protocol) {
  if (policy != "auto") return parse_mask_policy(policy);
  return protocol == "notebook" ? MaskPolicy::class_zero : MaskPolicy::ignore;
}

void add_device(Settings& settings, std::string* device) {
  settings.add({.name = "device",
                .placeholder = "auto|cpu|cuda[:i]",
                .accepted = "auto, cpu, cuda, cuda:INDEX",
                .help = "Device to compute on; auto: the first GPU, if any",
                .kind = Setting::Kind::text,
                .assign =
                    [device](const std::string& text) {
                      *device = text;
                      return is_device(text);
                    },
                .str = [device] { return *device; }});
}

void add_precision(Settings& settings, std::string* precision) {
  settings.choice(
      "precision", precision, {"fp32", "tf32", "bf16", "fp64"},
      "Arithmetic; tf32 needs a GPU, fp64 the CPU, bf16 a GPU or\na CPU with AVX512-BF16");
}

void add_threads(Settings& settings, std::int64_t* threads) {
  settings.integer("threads", threads, 0, kMostThreads, "CPU threads; 0: all");
}

void add_deterministic(Settings& settings, bool* deterministic) {
  settings.flag("deterministic", deterministic,
                "Make runs on a GPU bit-reproducible, at some cost in speed; runs on\n"
                "the CPU always are");
}

void add_cache(Settings& settings, bool* cache) {
  settings.toggle("cache", cache, "Keep decoded and resized images on disk between runs");
}

std::string file_or_none(const std::string& text) {
  return text == "none" ? "" : text;
}

}  // namespace fpanet
