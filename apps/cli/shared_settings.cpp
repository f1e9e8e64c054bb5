#include "apps/cli/shared_settings.hpp"

#include <string_view>
#include <utility>

#include "data/pixel_format.hpp"
#include "engine/core/error.hpp"
#include "engine/core/parse_number.hpp"

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

/// Whether parse(text) accepts the text.
template <class Parse>
bool is_accepted(const Parse& parse, const std::string& text) {
  try {
    parse(text);
  } catch (const Error&) {
    return false;
  }
  return true;
}

constexpr const char* kBandsAccepted = "a number of bands from 1 to 16, or a list such as 4,3,2";

}  // namespace

void add_bands(Settings& settings, std::string* bands, std::string standard) {
  settings.add({.name = "bands",
                .placeholder = "N|LIST",
                .accepted = kBandsAccepted,
                .help = "Bands of the pictures that the model reads, counted from 1: the first N,\n"
                        "or a list in the order of the model; a list of one ends with a comma",
                .kind = Setting::Kind::text_or_integer,
                .assign =
                    [bands](const std::string& text) {
                      *bands = text;
                      return is_accepted(Bands::parse, text);
                    },
                .str = [bands, standard] { return bands->empty() ? standard : *bands; }});
}

void add_scale(Settings& settings, std::string* scale, std::string standard) {
  settings.add({.name = "scale",
                .placeholder = "auto|LOW,HIGH",
                .accepted = "auto, or two numbers LOW,HIGH with LOW below HIGH, such as 0,65535",
                .help =
                    "Sample values that become 0 and 1; auto: 0,255 for bytes, for other types\n"
                    "the 0.1 and 99.9 percentiles of each band over the training images,\n"
                    "which the checkpoint records",
                .kind = Setting::Kind::text,
                .assign =
                    [scale](const std::string& text) {
                      *scale = text;
                      return is_accepted(parse_scale, text);
                    },
                .str = [scale, standard] { return scale->empty() ? standard : *scale; }});
}

void add_show_bands(Settings& settings, std::string* show_bands) {
  settings.add({.name = "show-bands",
                .placeholder = "auto|LIST",
                .accepted = "auto, or one or three of the model's bands such as 4,3,2",
                .help = "Bands shown as red, green and blue in pictures for people; one is shown\n"
                        "as gray; auto: the model's first three",
                .kind = Setting::Kind::text,
                .assign =
                    [show_bands](const std::string& text) {
                      *show_bands = text;
                      return text == "auto" || is_accepted(Bands::parse, text);
                    },
                .str = [show_bands] { return show_bands->empty() ? "auto" : *show_bands; }});
}

void add_data(Settings& settings, std::string* data, std::string help) {
  settings.add({.name = "data",
                .placeholder = "DIR|FILE.csv|synthetic[:COUNT]",
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
  settings.choice("precision", precision, {"fp32", "tf32", "bf16", "fp64"},
                  "Arithmetic; tf32 needs a GPU, fp64 the CPU, bf16 a GPU or\na CPU with "
                  "AVX512-BF16 or Arm's BF16");
}

void add_threads(Settings& settings, std::int64_t* threads) {
  settings.integer("threads", threads, 0, kMostThreads, "CPU threads; 0: all");
}

void add_deterministic(Settings& settings, bool* deterministic) {
  settings.flag("deterministic", deterministic,
                "Make runs on a GPU bit-reproducible, at some cost in speed; runs on\n"
                "the CPU always are");
}

void add_tta(Settings& settings, std::string* tta) {
  settings.choice("tta", tta, {"none", "flips", "d4"},
                  "Average the probabilities over mirrored copies of each image\n"
                  "(flips: 4 times the work), or also quarter turns (d4: 8 times)");
}

void add_cache(Settings& settings, bool* cache) {
  settings.toggle("cache", cache, "Keep decoded and resized images on disk between runs");
}

std::string file_or_none(const std::string& text) {
  return text == "none" ? "" : text;
}

}  // namespace fpanet
