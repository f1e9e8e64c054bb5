#pragma once
// Models and rasters for the tests of fpanet_predict on rasters, and GDAL's own tools, which judge the results.

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "apps/training/checkpoint.hpp"
#include "data/raster/raster.hpp"
#include "data/raster/raster_writer.hpp"
#include "data/synth.hpp"
#include "tests/programs/run_program.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/raster_files.hpp"

namespace fpanet::test {

/// What a program in Python prints, with GDAL's bindings as gdal and ogr, and NumPy as np.
inline std::string python(const std::string& program) {
  const ScratchFolder scratch;
  std::ofstream(scratch / "judge.py") << "import numpy as np\nfrom osgeo import gdal, ogr, osr\n"
                                         "gdal.UseExceptions()\n"
                                      << program;
  std::string text = output_of("/usr/bin/python3 -W ignore " + (scratch / "judge.py").string());
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

/// Whether there is GDAL: in the build, as programs, and in Python; says so if not.
inline bool has_gdal() {
  static const std::string missing = [] {
    if (!gdal_version()) return std::string("this build has no GDAL");
    if (!contains(output_of("gdalinfo --version"), "GDAL")) {
      return std::string("gdalinfo is missing (Debian: gdal-bin)");
    }
    if (python("print('yes')") != "yes") {
      return std::string("GDAL's Python is missing (Debian: python3-gdal)");
    }
    return std::string();
  }();
  if (!missing.empty()) MESSAGE("skipped: " << missing);
  return missing.empty();
}

inline void check_done(const Outcome& outcome) {
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
}

/// A small FPA-Net for windows of 64 pixels, trained for a moment on synthetic scenes.
inline const std::filesystem::path& trained_model() {
  static const ScratchFolder folder;
  static const std::filesystem::path model = folder / "run/checkpoints/best.safetensors";
  if (!std::filesystem::exists(model)) {
    check_done(run_program(folder, "train",
                           "--data synthetic:24 --image-size 64 " + kSmallNetwork +
                               "--batch-size 4 --epochs 6 "
                               "--lr 2e-3 --cache off --quiet --run " +
                               (folder / "run").string()));
  }
  return model;
}

/// The same for pictures of which a pixel measures this many metres.
inline void write_model_of_pixel_size(const std::filesystem::path& file, double metres) {
  ModelFile model = open_model(trained_model(), {});
  ParameterStore store;
  const auto network = make_network(store, model.network);
  store.allocate(DType::f32, Device::cpu(), false);
  load_model(store, *network, model.weights);
  model.info.pixel_size = metres;
  save_model(file, store, model.network, model.info);
}

/// An untrained network for pictures of other pixels.
inline void write_model(const std::filesystem::path& file, const PixelFormat& pixels) {
  ParameterStore store;
  const NetworkConfig config = complete(NetworkConfig{
      .bands = pixels.bands.count(),
      .options = {
          {"encoder", "resnet18"}, {"encoder-depth", "3"}, {"decoder-channels", "16,8,8"}}});
  const auto network = make_network(store, config);
  store.allocate(DType::f32, Device::cpu(), false);
  store.initialize(7);
  CheckpointInfo info;
  info.classes = ClassTable::deepglobe();
  info.image_size = ImageSize{64, 64};
  info.pixels = pixels;
  save_model(file, store, config, info);
}

/// A synthetic scene as a raster.
inline Image write_scene(const std::filesystem::path& file, const ImageSize& size,
                         const Georeference& place = utm(0.5), std::uint64_t seed = 11) {
  Image image = synthesize(seed, 0, size).image;
  write_raster(file, image, {.georeference = place});
  return image;
}

/// fpanet_predict on one image, with the trained model unless `flags` name another.
inline Outcome map(const ScratchFolder& work, const std::filesystem::path& image,
                   const std::string& flags = "", const std::string& before = "") {
  const std::string model =
      contains(flags, "--checkpoint") ? "" : "--checkpoint " + trained_model().string() + " ";
  const std::string out = contains(flags, "--out") ? "" : " --out " + (work / "maps").string();
  return run_program(work, "predict",
                     model + "--image " + image.string() + out + " --threads 2 " + flags, before);
}

}  // namespace fpanet::test
