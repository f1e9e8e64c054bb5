// What a training saves is what it was when it was copied, byte for byte as if it had been written then.

#include "apps/training/saved_state.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <limits>
#include <utility>

#include "apps/training/background_task.hpp"
#include "apps/training/checkpoint.hpp"
#include "apps/training/progress_state.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "models/fpanet.hpp"
#include "models/model_file.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {
namespace {

using test::message_of;

/// A small session whose regions all hold values of their own.
std::unique_ptr<ModelSession> trained_session(bool averaged) {
  const FPANetOptions small{.encoder_name = "resnet18",
                            .encoder_depth = 3,
                            .decoder_channels = {8, 8, 8},
                            .decoder_pab_channels = 4,
                            .classes = 3};
  auto session =
      std::make_unique<ModelSession>(Placement{.context = Cpu{2}}, to_config(small), 1e-3);
  ParameterStore& store = session->store();
  store.initialize(1);
  if (averaged) session->optimizer()->keep_average(store, 0.5);
  float next = 0;
  const AdamWState& optimizer = *session->optimizer();
  for (const Tensor& region : {optimizer.moment1(), optimizer.moment2(), optimizer.average()}) {
    if (!region.defined()) continue;
    for (float& value : region.span<float>()) value = next += 0.25F;
  }
  return session;
}

/// The entries of `region`, one by one under `prefix`.
void add_region(const ParameterStore& store, const std::string& prefix, const Tensor& region,
                StateDict& tensors) {
  for (std::size_t i = 0; region.defined() && i < store.entries().size(); ++i) {
    if (store.entries()[i].kind != EntryKind::parameter) continue;
    tensors.add(prefix + store.entries()[i].name, StateEntry::from_tensor(store.slot(i, region)));
  }
}

void check_equal(const StateDict& a, const StateDict& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CAPTURE(a[i].first);
    CHECK(a[i].first == b[i].first);
    CHECK(a[i].second.shape() == b[i].second.shape());
    CHECK((a[i].second.bytes().text() == b[i].second.bytes().text()));
  }
}

}  // namespace

TEST_CASE(
    "saved state: its files are those of the session as it was, with and without an average") {
  for (const bool averaged : {false, true}) {
    CAPTURE(averaged);
    const auto session = trained_session(averaged);
    const ParameterStore& store = session->store();
    const AdamWState& optimizer = *session->optimizer();
    StateDict last = to_state_dict(store), training = to_state_dict(store);
    add_region(store, "ema.", optimizer.average(), last);
    add_region(store, "optimizer.exp_avg.", optimizer.moment1(), training);
    add_region(store, "optimizer.exp_avg_sq.", optimizer.moment2(), training);
    add_region(store, "optimizer.average.", optimizer.average(), training);
    session->use_average(true);
    const StateDict best = to_state_dict(store);
    session->use_average(false);

    const SavedState saved = StateCopier().copy(*session);
    store.values().zero();
    for (const Tensor& region : {optimizer.moment1(), optimizer.moment2(), optimizer.average()}) {
      if (region.defined()) region.zero();
    }
    check_equal(saved.best(), best);
    check_equal(saved.last(), last);
    check_equal(saved.training_state(), training);
    CHECK(saved.is_finite());
    // The files share one copy.
    CHECK(saved.last()[0].second.bytes().data() == saved.training_state()[0].second.bytes().data());
  }
}

TEST_CASE("saved state: weights that are not finite are found, also running statistics") {
  const auto session = trained_session(false);
  const ParameterStore& store = session->store();
  CHECK(StateCopier().copy(*session).is_finite());
  for (const EntryKind kind : {EntryKind::parameter, EntryKind::buffer}) {
    const auto entry = std::ranges::find(store.entries(), kind, &ParameterEntry::kind);
    float& value =
        store.value(static_cast<std::size_t>(entry - store.entries().begin())).span<float>()[0];
    const float before = std::exchange(value, std::numeric_limits<float>::quiet_NaN());
    CHECK_FALSE(StateCopier().copy(*session).is_finite());
    value = before;
  }
  CHECK(StateCopier().copy(*session).is_finite());
}

TEST_CASE("background task: runs beside its starter, one at a time") {
  std::promise<void> go_on;
  std::atomic<int> done = 0;
  BackgroundTask task;
  task.start([&] {
    go_on.get_future().wait();
    ++done;
  });
  task.check();  // which does not wait
  CHECK(done == 0);
  go_on.set_value();
  task.start([&] { done = done == 1 ? 2 : -1; });
  task.wait();
  CHECK(done == 2);
  task.wait();
  task.check();
  {
    BackgroundTask other;
    other.start([&] { ++done; });
  }
  CHECK(done == 3);
}

TEST_CASE("background task: what it throws is thrown once, by wait, check or the next start") {
  const auto failing = [] { fail("the disk is full"); };
  BackgroundTask task;
  const std::string full = "the disk is full";
  task.start(failing);
  CHECK(message_of<Error>([&] { task.wait(); }) == full);
  task.wait();
  task.start(failing);
  bool started = false;
  CHECK(message_of<Error>([&] { task.start([&] { started = true; }); }) == full);
  CHECK_FALSE(started);
  task.start(failing);
  CHECK(message_of<Error>([&] {
          for (;;) task.check();
        }) == full);
  task.check();
}

}  // namespace fpanet
