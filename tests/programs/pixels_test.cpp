// Pictures of other bands and depths than 8-bit RGB through all programs.

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/training/checkpoint.hpp"
#include "data/bands.hpp"
#include "data/image_file.hpp"
#include "data/synth.hpp"
#include "tests/programs/run_program.hpp"

using namespace fpanet;
using namespace fpanet::test;
namespace fs = std::filesystem;

namespace {

/// Synthetic scenes whose masks hold class indices.
void write_index_scenes(const fs::path& dir, Index count, const SynthPixels& pixels) {
  fs::create_directories(dir);
  ClassTable::deepglobe().write(dir / "class_dict.csv");
  for (Index i = 0; i < count; ++i) {
    const Scene scene = synthesize(5, i, {32, 32}, pixels);
    const std::string id = fmt::format("{:02}", i);
    write_png(dir / (id + "_sat.png"), scene.image);
    write_png(dir / (id + "_mask.png"), scene.labels.labels);
  }
}

/// The same scenes with another picture: f(image).
template <class F>
void copy_scenes(const fs::path& from, const fs::path& to, Index count, const F& f) {
  fs::create_directories(to);
  fs::copy_file(from / "class_dict.csv", to / "class_dict.csv");
  for (Index i = 0; i < count; ++i) {
    const std::string id = fmt::format("{:02}", i);
    write_png(to / (id + "_sat.png"),
              f(read_image(from / (id + "_sat.png"), {.bands = std::nullopt})));
    fs::copy_file(from / (id + "_mask.png"), to / (id + "_mask.png"));
  }
}

Image widened(const Image& image) {
  Image wide(image.height, image.width, image.channels, DType::u16);
  std::ranges::transform(image.pixels, wide.samples<std::uint16_t>().begin(),
                         [](std::uint8_t byte) { return static_cast<std::uint16_t>(257 * byte); });
  return wide;
}

/// A network that trains in a second.
const std::string kSmall =
    "--image-size 32 " + kSmallNetwork + "--batch-size 3 --cache off --quiet ";

void check_ok(const Outcome& outcome) {
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
}

void check_refused(const Outcome& outcome, const std::string& words) {
  CHECK(outcome.code == 2);
  CAPTURE(outcome.err);
  CHECK(outcome.err.find(words) != std::string::npos);
}

}  // namespace

TEST_CASE(
    "a 4-band 16-bit set with index masks: trained, resumed, evaluated, predicted, exported") {
  const ScratchFolder work;
  const fs::path data = work / "data";
  write_index_scenes(data, 12, {4, DType::u16});
  const std::string run = (work / "run").string(), parts = (work / "parts").string();
  const std::string training = "--data " + data.string() + " --bands 4 " + kSmall;
  check_ok(run_program(work, "train", training + "--epochs 2 --run " + run));
  check_ok(run_program(work, "train", training + "--epochs 1 --run " + parts));
  check_ok(run_program(work, "train", "--epochs 2 --quiet --resume " + parts));
  for (const char* file : {"checkpoints/last.safetensors", "checkpoints/best.safetensors",
                           "checkpoints/training_state.safetensors", "steps.csv"}) {
    CAPTURE(file);
    CHECK((contents(work / "run" / file) == contents(work / "parts" / file)));
  }
  CHECK(contents(work / "run/config.toml").find("bands = 4\n") != std::string::npos);
  CHECK(contents(work / "run/report.html").find("image (bands 1,2,3)") != std::string::npos);

  const ModelFile model = open_model(work / "run/checkpoints/best.safetensors", {});
  REQUIRE(model.info.pixels);
  CHECK(model.network.bands == 4);
  CHECK(model.info.pixels->bands == Bands::first(4));
  CHECK(model.info.pixels->type == DType::u16);
  for (std::size_t b = 0; b < 4; ++b) {  // percentiles of a 12-bit sensor
    CHECK(model.info.pixels->scale.low[b] >= 0);
    CHECK(model.info.pixels->scale.low[b] < model.info.pixels->scale.high[b]);
    CHECK(model.info.pixels->scale.high[b] < 4096);
  }

  check_ok(run_program(work, "eval",
                       "--checkpoint " + run + " --data " + data.string() +
                           " --split val --cache off --quiet --batch-size 1 --json " +
                           (work / "eval.json").string() + " --figures " +
                           (work / "figures").string()));
  const auto json = nlohmann::json::parse(contents(work / "eval.json"));
  CHECK(json.at("loss").get<double>() == doctest::Approx(*model.info.val_loss).epsilon(1e-6));
  check_ok(run_program(work, "eval",
                       "--checkpoint " + run + " --data " + data.string() +
                           " --split val --cache off --quiet --show-bands 4,1,2 --figures " +
                           (work / "infrared").string()));
  for (const auto& figure : fs::directory_iterator(work / "figures")) {
    CHECK((contents(figure.path()) != contents(work / "infrared" / figure.path().filename())));
  }

  const auto predict = [&](const fs::path& image, const std::string& flags) {
    return run_program(work, "predict",
                       "--checkpoint " + run + " --image " + image.string() + " --out " +
                           (work / "maps").string() + " --quiet " + flags);
  };
  check_ok(predict(data / "00_sat.png", "--overlay"));
  CHECK(!contents(work / "maps/00_sat_overlay.png").empty());
  const std::string onnx = (work / "model.onnx").string();
  check_ok(run_program(work, "tool", "export --checkpoint " + run + " --out " + onnx));
  CHECK(contents(onnx).find("fpanet.scale") != std::string::npos);

  // What does not fit is said: bands, their number, what is shown, the type.
  write_png(work / "rgb.png", synthesize(5, 0, {32, 32}).image);
  check_refused(predict(work / "rgb.png", ""), "the model takes 4 bands, rgb.png has 3");
  check_refused(predict(data / "00_sat.png", "--bands 3"),
                "--bands 3: names 3 bands, but the model takes 4");
  check_refused(predict(data / "00_sat.png", "--overlay --show-bands 5,1,2"),
                "--show-bands 5,1,2: band 5 cannot be shown: the model reads the bands 4");
  write_png(work / "bytes.png", synthesize(5, 0, {32, 32}, {4, DType::u8}).image);
  check_refused(predict(work / "bytes.png", ""),
                "bytes.png has bytes, but the model was trained on samples of u16: give --scale "
                "LOW,HIGH, the values that become 0 and 1, such as --scale 0,255");
  const fs::path rgb = work / "rgb";
  write_index_scenes(rgb, 4, {3, DType::u16});
  check_refused(
      run_program(work, "eval", "--checkpoint " + run + " --data " + rgb.string() + " --split all"),
      "the model takes 4 bands, 00_sat.png has 3");
  check_refused(run_program(work, "train", "--data " + rgb.string() + " --bands 4 " + kSmall),
                "_sat.png has 3; 2 more images lack bands");
  // Fine-tuning may read other bands.
  check_ok(run_program(work, "train",
                       "--data " + data.string() + " --bands 3 " + kSmall + "--epochs 1 --init " +
                           run + "/checkpoints/best.safetensors --run " +
                           (work / "three").string()));
  CHECK(open_model(work / "three/checkpoints/best.safetensors", {}).network.bands == 3);
  check_refused(run_program(work, "train", "--data " + data.string() + " --bands 17 " + kSmall),
                "--bands 17: expected a number of bands from 1 to 16");
  check_refused(run_program(work, "train", "--data " + data.string() + " --scale 5,5 " + kSmall),
                "--scale 5,5: expected auto, or two numbers LOW,HIGH");
}

TEST_CASE("257 times a byte, and bands in another order, are the same picture") {
  const ScratchFolder work;
  const fs::path data = work / "data", turned = work / "turned";
  constexpr Index kScenes = 10;
  write_index_scenes(data, kScenes, {});
  copy_scenes(data, turned, kScenes,
              [](const Image& image) { return select_bands(image, Bands::parse("3,2,1"), ""); });
  const std::string run = (work / "run").string();
  check_ok(run_program(work, "train",
                       "--data " + data.string() + " " + kSmall + "--epochs 2 --run " + run));
  check_ok(run_program(work, "train",
                       "--data " + turned.string() + " --bands 3,2,1 " + kSmall +
                           "--epochs 2 --run " + (work / "turned_run").string()));
  CHECK((contents(work / "run/steps.csv") == contents(work / "turned_run/steps.csv")));

  const auto labels = [&](const std::string& name, const Image& image, const std::string& flags) {
    write_png(work / (name + ".png"), image);
    check_ok(run_program(work, "predict",
                         "--checkpoint " + run + " --image " + (work / (name + ".png")).string() +
                             " --out " + (work / "maps").string() + " --quiet " + flags));
    return contents(work / "maps" / (name + "_labels.png"));
  };
  const Image image = synthesize(5, 77, {45, 39}).image;
  const std::string expected = labels("plain", image, "");
  CHECK((labels("wide", widened(image), "--scale 0,65535") == expected));
  const Image backwards = select_bands(image, Bands::parse("3,2,1"), "");
  CHECK((labels("backwards", backwards, "--bands 3,2,1") == expected));
  CHECK((labels("not_turned", backwards, "") != expected));
  check_refused(run_program(work, "predict",
                            "--checkpoint " + run + " --image " + (work / "wide.png").string() +
                                " --out " + (work / "maps").string()),
                "wide.png has samples of u16, but the model was trained on bytes: give --scale "
                "LOW,HIGH, the values that become 0 and 1, such as --scale 0,65535");
}

TEST_CASE("weights of an RGB encoder start an encoder of other bands") {
  const ScratchFolder work;
  const std::string run = (work / "run").string(),
                    encoder = (work / "encoder.safetensors").string();
  check_ok(run_program(work, "train", "--data synthetic:8 " + kSmall + "--epochs 1 --run " + run));
  check_ok(run_program(work, "tool",
                       "weights convert " + run + " " + encoder + " --prefix model.encoder."));
  for (const std::string bands : {"4,1,2", "4"}) {
    CAPTURE(bands);
    check_ok(run_program(work, "train",
                         "--data synthetic:8 --bands " + bands + " " + kSmall +
                             "--epochs 1 --encoder-weights " + encoder + " --run " +
                             (work / bands).string()));
  }
  check_refused(run_program(work, "train", "--data synthetic:8 --bands 5 " + kSmall),
                "the model takes 5 bands, a synthetic scene has 4");
}
