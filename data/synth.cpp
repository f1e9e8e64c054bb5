#include "data/synth.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

#include "data/file_bytes.hpp"
#include "data/image_file.hpp"
#include "data/synth_paint.hpp"
#include "engine/core/error.hpp"
#include "engine/core/first_error.hpp"
#include "engine/core/parallel.hpp"
#include "engine/core/rng.hpp"

namespace fpanet {

namespace {

/// Brightness and colour cast of one scene.
struct Exposure {
  double gain = 1.0;
  Color cast{};

  explicit Exposure(Rng rng) : gain(rng.uniform(0.88, 1.12)) {
    for (double& channel : cast) channel = rng.uniform(-6.0, 6.0);
  }
};

/// Red, green, blue and near infrared.
using Spectrum = std::array<double, 4>;

/// An image in floating point.
struct Canvas {
  Index height, width;
  std::vector<Spectrum> pixels = std::vector<Spectrum>(static_cast<std::size_t>(height * width));

  Spectrum& at(Index y, Index x) { return pixels[static_cast<std::size_t>(y * width + x)]; }
  /// Coordinates outside the image are clamped to the edge.
  const Spectrum& near(Index y, Index x) const {
    return pixels[static_cast<std::size_t>(std::clamp<Index>(y, 0, height - 1) * width +
                                           std::clamp<Index>(x, 0, width - 1))];
  }
};

/// Three samples weighted 1 2 1, which imitates the blur of a lens.
Spectrum blurred(const Spectrum& a, const Spectrum& b, const Spectrum& c) {
  Spectrum out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = 0.25 * (a[i] + 2.0 * b[i] + c[i]);
  return out;
}

Canvas blurred(const Canvas& sharp) {
  Canvas rows{sharp.height, sharp.width}, out{sharp.height, sharp.width};
  for (Index y = 0; y < out.height; ++y) {
    for (Index x = 0; x < out.width; ++x) {
      rows.at(y, x) = blurred(sharp.near(y, x - 1), sharp.near(y, x), sharp.near(y, x + 1));
    }
  }
  for (Index y = 0; y < out.height; ++y) {
    for (Index x = 0; x < out.width; ++x) {
      out.at(y, x) = blurred(rows.near(y - 1, x), rows.near(y, x), rows.near(y + 1, x));
    }
  }
  return out;
}

/// The value of a sensor of 12 bits, whose darkest pixel is not 0, for a value from 0 to 255.
template <class T>
T sensor_value(double value) {
  constexpr double kGain = 16.0, kOffset = 128.0;
  const double level = std::is_same_v<T, std::uint8_t> ? value : kGain * value + kOffset;
  return static_cast<T>(
      std::clamp(level + 0.5, 0.0, std::is_same_v<T, std::uint8_t> ? 255.0 : 4095.0));
}

template <class T>
Image exposed(const Canvas& canvas, const Image& labels, const Exposure& exposure,
              std::uint64_t seed, const SynthPixels& pixels) {
  constexpr double kGrain = 4.0;  // peak to peak
  const Noise grain(seed), infrared_grain(seed + 1);
  Image image(canvas.height, canvas.width, pixels.bands, pixels.type);
  const std::span<T> samples = image.samples<T>();
  for (Index y = 0; y < image.height; ++y) {
    for (Index x = 0; x < image.width; ++x) {
      if (*labels.at(y, x) == static_cast<std::uint8_t>(Land::unknown)) continue;  // stays black
      const Spectrum& spectrum = canvas.near(y, x);
      for (Index c = 0; c < image.channels; ++c) {
        const auto channel = static_cast<std::size_t>(c);
        const double cast = c < 3 ? exposure.cast[channel] : 0.0;
        const double noise = c < 3 ? grain.white(3 * x + c, y) : infrared_grain.white(x, y);
        const double value = exposure.gain * spectrum[channel] + cast + kGrain * (noise - 0.5);
        samples[static_cast<std::size_t>((y * image.width + x) * image.channels + c)] =
            sensor_value<T>(value);
      }
    }
  }
  return image;
}

}  // namespace

Scene synthesize(std::uint64_t seed, Index number, const ImageSize& size,
                 const SynthPixels& pixels) {
  require(!size.native(), "synthetic scenes need a size");
  require(pixels.bands >= 1 && pixels.bands <= kSynthBands,
          "synthetic scenes have 1 to {} bands, not {}", kSynthBands, pixels.bands);
  require(pixels.type == DType::u8 || pixels.type == DType::u16,
          "synthetic scenes have samples of u8 or u16, not {}", name_of(pixels.type));
  Rng rng(seed, hash_name(fmt::format("scene/{}", number)));
  const std::uint64_t layout_seed = rng.below(UINT64_MAX), grain_seed = rng.below(UINT64_MAX);
  const Layout layout(layout_seed, size);

  Image labels(size.height, size.width, 1);
  Canvas canvas{size.height, size.width};
  for (Index y = 0; y < size.height; ++y) {
    for (Index x = 0; x < size.width; ++x) {
      const auto px = static_cast<double>(x), py = static_cast<double>(y);
      const Region& region = layout.at(px, py);
      *labels.at(y, x) = static_cast<std::uint8_t>(region.land);
      const Color color = paint(region, px, py);
      canvas.at(y, x) = {color[0], color[1], color[2], near_infrared(region, color)};
    }
  }
  const Exposure exposure(rng);
  Image image = pixels.type == DType::u8
                    ? exposed<std::uint8_t>(blurred(canvas), labels, exposure, grain_seed, pixels)
                    : exposed<std::uint16_t>(blurred(canvas), labels, exposure, grain_seed, pixels);
  return {std::move(image), {std::move(labels), 0, 0, {}}};
}

void write_synthetic_folder(const std::filesystem::path& dir, Index count, const ImageSize& size,
                            std::uint64_t seed, int threads, const SynthPixels& pixels) {
  constexpr int kQuality = 95;
  const SyntheticDataset scenes(count, size, seed, Bands::first(pixels.bands), pixels.type);
  const bool as_jpeg = pixels == SynthPixels{};
  make_new_folder(dir);
  scenes.classes().write(dir / "class_dict.csv");

  FirstError failure;
  parallel_for(Cpu{threads}, count, [&](Index i) {
    try {
      const Scene scene = scenes.load(i);
      const std::string id = scenes.id(i);
      if (as_jpeg) {
        write_jpeg(dir / (id + "_sat.jpg"), scene.image, kQuality);
      } else {
        write_png(dir / (id + "_sat.png"), scene.image);
      }
      write_png(dir / (id + "_mask.png"),
                colors_from_labels(scene.labels.labels, scenes.classes()));
    } catch (...) {
      failure.keep();
    }
  });
  failure.rethrow();
}

}  // namespace fpanet
