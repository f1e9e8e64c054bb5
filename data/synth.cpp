#include "data/synth.hpp"

#include <algorithm>
#include <exception>
#include <mutex>

#include "data/image_file.hpp"
#include "data/synth_paint.hpp"
#include "engine/core/error.hpp"
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

/// Three samples weighted 1 2 1, which imitates the blur of a lens.
Color blurred(const Color& a, const Color& b, const Color& c) {
  Color out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = 0.25 * (a[i] + 2.0 * b[i] + c[i]);
  return out;
}

/// An image in floating point.
struct Canvas {
  Index height, width;
  std::vector<Color> pixels = std::vector<Color>(static_cast<std::size_t>(height * width));

  Color& at(Index y, Index x) { return pixels[static_cast<std::size_t>(y * width + x)]; }
  /// Coordinates outside the image are clamped to the edge.
  const Color& near(Index y, Index x) const {
    return pixels[static_cast<std::size_t>(std::clamp<Index>(y, 0, height - 1) * width +
                                           std::clamp<Index>(x, 0, width - 1))];
  }
};

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

Image exposed(const Canvas& canvas, const Image& labels, const Exposure& exposure,
              std::uint64_t seed) {
  constexpr double kGrain = 4.0;  // peak to peak
  const Noise grain(seed);
  Image image(canvas.height, canvas.width, 3);
  for (Index y = 0; y < image.height; ++y) {
    for (Index x = 0; x < image.width; ++x) {
      if (*labels.at(y, x) == static_cast<std::uint8_t>(Land::unknown)) continue;  // stays black
      const Color& color = canvas.near(y, x);
      for (Index c = 0; c < 3; ++c) {
        const auto channel = static_cast<std::size_t>(c);
        const double value = exposure.gain * color[channel] + exposure.cast[channel] +
                             kGrain * (grain.white(3 * x + c, y) - 0.5);
        image.at(y, x)[c] = static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0));
      }
    }
  }
  return image;
}

}  // namespace

Scene synthesize(std::uint64_t seed, Index number, const ImageSize& size) {
  require(!size.native(), "synthetic scenes need a size");
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
      canvas.at(y, x) = paint(region, px, py);
    }
  }
  Image image = exposed(blurred(canvas), labels, Exposure(rng), grain_seed);
  return {std::move(image), {std::move(labels), 0}};
}

void write_synthetic_folder(const std::filesystem::path& dir, Index count, const ImageSize& size,
                            std::uint64_t seed, int threads) {
  constexpr int kQuality = 95;
  const SyntheticDataset scenes(count, size, seed);
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  require(!error, "{}: cannot be created: {}", dir.string(), error.message());
  scenes.classes().write(dir / "class_dict.csv");

  std::mutex mutex;
  std::exception_ptr failure;
  parallel_for(Cpu{threads}, count, [&](Index i) {
    try {
      const Scene scene = scenes.load(i);
      const std::string id = scenes.id(i);
      write_jpeg(dir / (id + "_sat.jpg"), scene.image, kQuality);
      write_png(dir / (id + "_mask.png"),
                colors_from_labels(scene.labels.labels, scenes.classes()));
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  });
  if (failure) std::rethrow_exception(failure);
}

}  // namespace fpanet
