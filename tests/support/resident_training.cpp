#include "tests/support/resident_training.hpp"

#include <cstring>

#include "apps/training/batch_feed.hpp"
#include "apps/training/model_session.hpp"
#include "models/network_gradcheck.hpp"

namespace fpanet::test {

TrainedSteps train_steps(const Context& context, std::optional<DType> twin, bool resident,
                         const NetworkConfig& told, const PixelFormat& pixels, Augment augment) {
  const bool strong = augment == Augment::strong;
  const std::vector<Index> scenes{2, 0, 1};
  const auto store = std::make_shared<SceneStore>(std::make_unique<SyntheticDataset>(
      Index{3}, ImageSize{64, strong ? 64 : 32}, 5, pixels.bands, pixels.type));
  Loader loader(
      store, scenes,
      {.batch_size = 2, .shuffle = true, .augment = augment, .scale = pixels.scale, .seed = 9});
  NetworkConfig network = narrow_network(told);
  network.bands = pixels.bands.count();
  ModelSession session({.context = context, .twin = twin}, network, 1e-3, pixels);
  session.store().initialize(3);
  std::optional<ResidentScenes> on_device;
  if (resident) on_device.emplace(context, *store, scenes, pixels.scale, strong);
  BatchFeed feed(loader, context, on_device ? &*on_device : nullptr);
  TrainedSteps trained;
  feed.start(0);
  while (const auto item = feed.next()) {
    Program& program = session.program({.kind = ProgramKind::train,
                                        .batch = item->images,
                                        .height = item->height,
                                        .width = item->width,
                                        .image_dtype = pixels.type,
                                        .scale = pixels.scale,
                                        .source = item->source});
    feed.fill(program);
    program.run();
    trained.losses.push_back(program.loss());
  }
  trained.parameters = session.store().values().to(Device::cpu());
  return trained;
}

bool same_bits(const TrainedSteps& a, const TrainedSteps& b) {
  return a.losses == b.losses && a.parameters.bytes() == b.parameters.bytes() &&
         std::memcmp(a.parameters.raw(), b.parameters.raw(), a.parameters.bytes()) == 0;
}

}  // namespace fpanet::test
