// Every sample type with 1, 3, 4 and 13 bands from reading to the network.

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "apps/training/evaluator.hpp"
#include "apps/training/pixel_choice.hpp"
#include "apps/training/pixel_metadata.hpp"
#include "apps/training/resident_scenes.hpp"
#include "data/band_statistics.hpp"
#include "data/image_cache.hpp"
#include "engine/core/error.hpp"
#include "layers/to_unit.hpp"
#include "tests/data/scene_files.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {

using test::contains;
using test::message_of;

namespace {

constexpr Index kScenes = 5, kHeight = 32, kWidth = 24;

/// Scenes of one type and number of bands, which are read from files: PNG where it can hold them,
/// else entries of the image cache.
class StoredScenes : public Dataset {
 public:
  StoredScenes(const std::filesystem::path& folder, DType type, Index bands)
      : folder_(folder), type_(type), bands_(bands), cache_(folder / "cache") {
    for (Index i = 0; i < kScenes; ++i) {
      if (is_png()) {
        write_png(file(i), original(i));
      } else {
        test::write_text(file(i), "source");
        cached(i, true);
      }
    }
  }

  bool is_png() const { return bands_ <= 4 && (type_ == DType::u8 || type_ == DType::u16); }
  Image original(Index scene) const {
    return test::any_picture(kHeight, kWidth, bands_, type_, scene);
  }

  Index size() const override { return kScenes; }
  std::string id(Index scene) const override { return fmt::format("s{}", scene); }
  const ClassTable& classes() const override { return classes_; }
  Scene load_native(Index scene) const override { return load(scene); }
  Scene load(Index scene) const override {
    Scene loaded;
    loaded.image =
        is_png() ? read_image(file(scene), {.bands = Bands::first(bands_)}) : cached(scene, false);
    loaded.labels.labels = test::striped_labels(kHeight, kWidth, scene);
    return loaded;
  }

 private:
  std::filesystem::path file(Index scene) const { return folder_ / (id(scene) + ".png"); }
  Image cached(Index scene, bool may_make) const {
    return cache_
        .get(file(scene), {kHeight, kWidth}, Interpolation::linear, Bands::first(bands_),
             [&]() -> ResizedImage {
               REQUIRE(may_make);
               return {original(scene), {kHeight, kWidth}};
             })
        .image;
  }

  std::filesystem::path folder_;
  DType type_;
  Index bands_;
  ImageCache cache_;
  ClassTable classes_ = ClassTable::deepglobe();
};

/// The definition of augmentation and scale: flips, brightness and contrast, then [0,1].
std::vector<float> unit_values(const Image& image, const AugmentDraw& draw,
                               const BandScale& scale) {
  std::vector<float> values;
  const auto table = brightness_contrast_table(draw.alpha, draw.beta);
  const auto alpha = static_cast<float>(draw.alpha), beta = static_cast<float>(draw.beta);
  visit_sample_type(image.type, [&]<class T>(T) {
    const auto samples = image.samples<T>();
    for (Index y = 0; y < image.height; ++y) {
      for (Index x = 0; x < image.width; ++x) {
        const Index from_y = draw.flip_vertical ? image.height - 1 - y : y;
        const Index from_x = draw.flip_horizontal ? image.width - 1 - x : x;
        for (Index c = 0; c < image.channels; ++c) {
          const auto b = static_cast<std::size_t>(c);
          const float low = scale.low[b], high = scale.high[b];
          T sample = samples[static_cast<std::size_t>(
              (from_y * image.width + from_x) * image.channels + c)];
          if constexpr (std::is_same_v<T, std::uint8_t>) {
            sample = table[sample];
          } else if (alpha != 1 || beta != 0) {
            const float bright =
                low + ((static_cast<float>(sample) - low) * alpha + beta * (high - low));
            sample = static_cast<T>(std::clamp(bright, low, high));
          }
          values.push_back(
              std::clamp((static_cast<float>(sample) - low) / (high - low), 0.0F, 1.0F));
        }
      }
    }
  });
  return values;
}

template <class T>
bool same_bytes(const Tensor& a, const std::vector<T>& b) {
  return a.bytes() == b.size() * sizeof(T) && std::memcmp(a.raw(), b.data(), a.bytes()) == 0;
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

}  // namespace

TEST_CASE("every sample type with 1, 3, 4 and 13 bands: reader, augmentation, loader, network") {
  for (const DType type : {DType::u8, DType::u16, DType::i16, DType::f32}) {
    for (const Index bands : {1, 3, 4, 13}) {
      CAPTURE(name_of(type));
      CAPTURE(bands);
      const ScratchFolder scratch;
      const auto dataset = std::make_shared<StoredScenes>(scratch.path(), type, bands);
      const auto store = std::make_shared<SceneStore>(dataset);
      std::vector<Index> scenes(kScenes);
      std::iota(scenes.begin(), scenes.end(), Index{0});
      for (const Index scene : scenes) {
        CHECK(store->get(scene)->image == dataset->original(scene));
      }
      PixelFormat pixels{.bands = Bands::first(bands), .type = type};
      if (type != DType::u8) {
        pixels.scale = percentile_scale(
            [&](const auto& use) {
              for (const Index scene : scenes) use(store->get(scene)->image);
            },
            1);
      }

      LoaderOptions options{.batch_size = kScenes, .augment = Augment::notebook};
      options.scale = pixels.scale;
      Loader loader(store, scenes, options);
      loader.start(3);
      const std::optional<Batch> batch = loader.next();
      REQUIRE(batch);
      CHECK(batch->images.dtype() == type);
      CHECK(batch->images.shape() == Shape{kScenes, bands, kHeight, kWidth});
      std::vector<float> expected;
      bool brightened_one = false;
      for (const Index scene : scenes) {
        const AugmentDraw draw = draw_augment(options.augment, options.seed, 3, scene);
        brightened_one |= draw.alpha != 1;
        const auto values = unit_values(dataset->original(scene), draw, pixels.scale);
        expected.insert(expected.end(), values.begin(), values.end());
      }
      CHECK(brightened_one);
      Graph graph(Cpu{1}, Graph::Mode::eager);
      const Value unit = to_unit(graph.input("images", batch->images), DType::f32, pixels.scale);
      CHECK(same_bytes(graph.tensor(unit), expected));

      ResidentScenes resident(Cpu{1}, *store, scenes, pixels.scale);
      CHECK(resident.bytes() == static_cast<std::size_t>(kScenes) *
                                    ResidentScenes::bytes_of(kHeight, kWidth, bands, type));
      const BatchSource source = resident.source(kScenes);
      resident.draw(loader.batch_scenes(3, 0), options, 3);
      const AssembledBatch assembled = assemble_batch(
          graph.input("scenes", source.scenes), graph.input("labels", source.scene_labels),
          graph.input("items", source.items), {.scale = source.scale});
      CHECK(same_bytes(graph.tensor(assembled.images), graph.tensor(unit)));
      CHECK(same_bytes(graph.tensor(assembled.labels), batch->labels));

      // The network makes the same of samples as of the values that they become.
      const NetworkConfig network{
          .bands = bands,
          .options = {
              {"encoder", "resnet18"}, {"encoder-depth", "3"}, {"decoder-channels", "16,8,8"}}};
      ModelSession session({.context = Cpu{1}}, network, 1e-3, pixels);
      session.store().initialize(7);
      const ProgramOptions as_samples{.batch = kScenes,
                                      .height = kHeight,
                                      .width = kWidth,
                                      .image_dtype = type,
                                      .scale = pixels.scale};
      Program& program = session.program(as_samples);
      program.images().copy_from(batch->images);
      program.run();
      const Tensor probabilities = program.probabilities().clone();
      Arena arena(Device::cpu());
      Program values(
          Cpu{1}, session.network(), nullptr, session.store(),
          {.batch = kScenes, .height = kHeight, .width = kWidth, .image_dtype = DType::f32},
          &session.folded());
      values.bind(arena);
      values.images().copy_from(graph.tensor(unit));
      values.run();
      CHECK(same_bytes(probabilities, values.probabilities()));

      ProgramOptions step = as_samples;
      step.kind = ProgramKind::train;
      Program& training = session.program(step);
      fill(training, *batch);
      training.run();
      CHECK(std::isfinite(training.loss()));
    }
  }
}

TEST_CASE("pixels in metadata come back as they were written") {
  PixelFormat pixels{.bands = Bands::parse("8,4,3,2"), .type = DType::u16};
  pixels.scale = BandScale::uniform(0.1F, 4000);
  pixels.scale.high[2] = 1234.5678F;
  Metadata metadata;
  CHECK_FALSE(read_pixels(metadata, "f"));
  write_pixels(pixels, metadata);
  CHECK(metadata.at("fpanet.bands") == "8,4,3,2");
  CHECK(metadata.at("fpanet.sample_type") == "u16");
  const auto back = read_pixels(metadata, "f");
  REQUIRE(back);
  CHECK(back->bands == pixels.bands);
  CHECK(back->scale == pixels.scale);
  Metadata again;
  write_pixels(*back, again);
  CHECK(again == metadata);

  const auto broken = [&](const std::string& key, const std::string& value) {
    Metadata other = metadata;
    other["fpanet." + key] = value;
    return message_of<Error>([&] { read_pixels(other, "f.safetensors"); });
  };
  CHECK(contains(broken("bands", "99999999999"),
                 "f.safetensors: metadata fpanet.bands: 99999999999 bands: expected 1"));
  CHECK(broken("sample_type", "u32") ==
        "f.safetensors: metadata fpanet.sample_type='u32' is not u8, u16, i16 or f32");
  CHECK(broken("scale", "[[0,1]]") ==
        "f.safetensors: metadata fpanet.scale has 1 scales, for 4 bands");
  CHECK(contains(broken("scale", "[1,2]"), "is not a list of [low,high]"));
  CHECK(contains(broken("scale", "[[0,1],[3,3],[0,1],[0,1]]"),
                 "the scale 3 to 3 of band 2 is empty"));
}

TEST_CASE("titles say which bands are shown, but for RGB") {
  CHECK(preview_title({}, {}) == "image");
  CHECK(preview_title(Bands::first(4), Bands::first(3)) == "image (bands 1,2,3)");
  CHECK(preview_title({}, Bands::parse("3,2,1")) == "image (bands 3,2,1)");
  CHECK(preview_title(Bands::first(2), Bands::parse("2,")) == "image (band 2)");
  CHECK(preview_title(Bands::first(1), Bands::first(1)) == "image (band 1)");
}

}  // namespace fpanet
