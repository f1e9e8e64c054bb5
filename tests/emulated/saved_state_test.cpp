#include "apps/training/saved_state.hpp"

#include <doctest/doctest.h>

#include "apps/training/background_task.hpp"
#include "models/model_file.hpp"
#include "models/network_gradcheck.hpp"

namespace fpanet::test {

TEST_CASE(
    "on an emulated GPU, the saved state is what it was when it was copied, again and again") {
  ModelSession session({.context = Cuda{0}}, narrow_network({}), 1e-3);
  StateCopier copier;
  for (const std::uint64_t seed : {1, 2}) {
    session.store().initialize(seed);
    const ParameterStore& store = session.store();
    const AdamWState& optimizer = *session.optimizer();
    optimizer.moment1().copy_from(store.values());
    const StateDict weights = to_state_dict(store);
    SavedState saved = copier.copy(session);
    for (const Tensor& region : {store.values(), store.buffers(), store.counters()}) region.zero();
    optimizer.moment1().zero();
    BackgroundTask task;
    task.start([&] { saved.arrange(1); });
    task.wait();
    const StateDict last = saved.last(), training = saved.training_state();
    REQUIRE(last.size() == weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const std::string& name = weights[i].first;
      const StateEntry& entry = weights[i].second;
      CAPTURE(name);
      CHECK(last[i].first == name);
      CHECK((last[i].second.bytes().text() == entry.bytes().text()));
      const StateEntry* const moment = training.find("optimizer.exp_avg." + name);
      CHECK((moment == nullptr || moment->bytes().text() == entry.bytes().text()));
    }
  }
}

}  // namespace fpanet::test
