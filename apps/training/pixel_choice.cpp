#include "apps/training/pixel_choice.hpp"

#include "apps/cli/usage_error.hpp"

namespace fpanet {

namespace {

std::string samples(DType type) {
  return type == DType::u8 ? "bytes" : fmt::format("samples of {}", name_of(type));
}

/// The values that become 0 and 1 in a picture that uses the whole range of its type.
std::string_view example(DType type) {
  switch (type) {
    case DType::u8:
      return "0,255";
    case DType::u16:
      return "0,65535";
    case DType::i16:
      return "0,32767";
    default:
      return "0,1";
  }
}

}  // namespace

PixelFormat pixels_of(const ModelFile& file) {
  if (!file.info.pixels) return {.bands = Bands::first(file.network.bands)};
  require(file.info.pixels->bands.count() == file.network.bands,
          "{}: its network takes {} bands, but its metadata name the bands {}", file.weights.name,
          file.network.bands, file.info.pixels->bands.str());
  return *file.info.pixels;
}

Bands resolve_bands(const PixelFlags& flags, const PixelFormat& trained) {
  if (flags.bands.empty()) return trained.bands;
  const Bands bands = Bands::parse(flags.bands);
  if (bands.count() != trained.bands.count()) {
    usage_fail("--bands {}: names {} bands, but the model takes {}", flags.bands, bands.count(),
               trained.bands.count());
  }
  return bands;
}

PixelFormat resolve_pixels(const PixelFlags& flags, const PixelFormat& trained, DType type,
                           std::string_view picture) {
  PixelFormat pixels{.bands = resolve_bands(flags, trained), .type = type, .scale = trained.scale};
  if (const auto given = flags.scale.empty() ? std::nullopt : parse_scale(flags.scale)) {
    pixels.scale = *given;
  } else if (type != trained.type) {
    usage_fail(
        "{} has {}, but the model was trained on {}: give --scale LOW,HIGH, the values that become "
        "0 and 1, such as --scale {}",
        picture, samples(type), samples(trained.type), example(type));
  }
  return pixels;
}

Bands resolve_preview(const std::string& show_bands, const Bands& bands) {
  if (show_bands.empty() || show_bands == "auto") return preview_bands(bands);
  const Bands show = Bands::parse(show_bands);
  try {
    check_preview(show, bands);
  } catch (const Error& error) {
    usage_fail("--show-bands {}: {}", show_bands, error.what());
  }
  return show;
}

std::string preview_title(const Bands& bands, const Bands& show) {
  if (bands.is_rgb() && show.is_rgb()) return "image";
  std::string list = show.str();
  if (list == "3") list = "1,2,3";
  if (list.ends_with(',')) list.pop_back();
  return fmt::format("image ({} {})", show.count() == 1 ? "band" : "bands", list);
}

}  // namespace fpanet
