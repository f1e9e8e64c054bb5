#include <doctest/doctest.h>

#include <algorithm>

#include "engine/core/layout.hpp"
#include "engine/graph/parameters.hpp"

using namespace fpanet;

namespace {

Initializer ramp() {
  return [](Rng& rng, std::span<double> values) {
    for (double& value : values) value = rng.uniform();
  };
}

}  // namespace

TEST_CASE("entries keep their order and share regions of one layout") {
  ParameterStore store;
  store.add("conv.weight", {4, 3, 3, 3}, EntryKind::parameter, ramp());
  store.add("bn.weight", {5}, EntryKind::parameter, ramp());
  store.add("bn.running_mean", {5}, EntryKind::buffer, ramp());
  store.add("bn.num_batches_tracked", {}, EntryKind::counter, {});
  store.add("last", {7}, EntryKind::parameter, ramp());
  CHECK_THROWS_AS(store.add("last", {7}, EntryKind::parameter, ramp()), Error);
  CHECK_THROWS_AS(store.value(0), Error);
  store.allocate(DType::f64, Device::cpu(), true);
  CHECK_THROWS_AS(store.add("late", {7}, EntryKind::parameter, ramp()), Error);

  CHECK(store.entries()[3].name == "bn.num_batches_tracked");
  CHECK(store.value(3).dtype() == DType::i64);
  CHECK(store.find("last") == 4);
  CHECK(store.find("nothing") == -1);
  CHECK(store.parameter_count() == 4 * 27 + 5 + 7);
  CHECK(store.value(1).raw() - store.values().raw() ==
        store.gradient(1).raw() - store.gradients().raw());
  CHECK_FALSE(store.gradient(2).defined());
  CHECK(store.entries()[1].offset % 16 == 0);

  CHECK(store.segments({"conv.weight", "bn.weight", "last"}).size() == 1);
  CHECK(store.segments({"conv.weight", "last"}) == std::vector<Segment>{{0, 112}, {128, 16}});
}

TEST_CASE("initial values depend on seed and name alone, and are the same in f32 and f64") {
  const auto values_of = [](bool with_other, DType dtype, std::uint64_t seed) {
    ParameterStore store;
    if (with_other) store.add("other", {3}, EntryKind::parameter, ramp());
    store.add("weight", {2, 3, 2, 2}, EntryKind::parameter, ramp());
    store.allocate(dtype, Device::cpu(), false);
    store.initialize(seed);
    const Tensor value = store.value(with_other ? 1 : 0);
    return to_row_major<double>(value.cast(DType::f64));
  };
  const std::vector<double> expected = values_of(false, DType::f32, 1);
  CHECK(values_of(true, DType::f32, 1) == expected);
  CHECK(values_of(false, DType::f64, 1) == expected);
  CHECK(values_of(false, DType::f32, 2) != expected);
}
