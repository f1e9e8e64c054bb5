// Draws the land cover that a trained network sees in a picture: its weights are a checkpoint of
// fpanet_train, the sides of the picture multiples of 32.
//
// usage: predict CHECKPOINT.safetensors PICTURE MASK.png

#include <algorithm>
#include <cstdio>

#include "data/image_file.hpp"
#include "data/mask.hpp"
#include "engine/core/error.hpp"
#include "models/load_weights.hpp"
#include "models/network_metadata.hpp"
#include "models/program.hpp"

using namespace fpanet;

int main(int argc, char** argv) try {
  require(argc == 4, "usage: predict CHECKPOINT.safetensors PICTURE MASK.png");
  const WeightsFile weights = read_weights(argv[1]);
  const auto config = read_network(weights.metadata, weights.name);
  require(config.has_value(), "{}: does not say which network it holds", weights.name);
  ParameterStore store;
  const auto network = make_network(store, *config);
  store.allocate(DType::f32, Device::cpu(), false);
  load_model(store, *network, weights);

  const Image picture = read_image(argv[2]);
  Program program(Cpu{2}, *network, nullptr, store,
                  {.height = picture.height, .width = picture.width});
  Arena arena(Device::cpu());
  program.bind(arena);
  std::ranges::copy(picture.pixels, program.images().data<std::uint8_t>());
  program.run();

  Image labels(picture.height, picture.width, 1);
  const Index classes = network->config().classes;
  const float* p = program.probabilities().data<float>();  // the classes of a pixel are neighbours
  for (std::uint8_t& label : labels.pixels) {
    label = static_cast<std::uint8_t>(std::max_element(p, p + classes) - p);
    p += classes;
  }
  write_png(argv[3], colors_from_labels(labels, ClassTable::deepglobe()));
} catch (const std::exception& error) {
  std::fprintf(stderr, "predict: %s\n", error.what());
  return 1;
}
