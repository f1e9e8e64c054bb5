#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "engine/weights/weights_diff.hpp"
#include "engine/weights/write_weights.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {

namespace {

StateDict pair_of(std::vector<float> first, std::vector<float> second,
                  const std::string& prefix = "") {
  StateDict tensors;
  const auto size = [](const auto& values) { return static_cast<std::int64_t>(values.size()); };
  tensors.add(prefix + "x", StateEntry::from_values(first, {size(first)}));
  tensors.add(prefix + "y", StateEntry::from_values(second, {size(second)}));
  return tensors;
}

}  // namespace

TEST_CASE("diff: values, shapes, types and names") {
  const StateDict a = pair_of({1, 2, 3}, {4}), b = pair_of({1, 2.5f, 3}, {4});
  CHECK(diff_weights(a, a).equal());
  const WeightsDiff values = diff_weights(a, b);
  CHECK_FALSE(values.equal());
  CHECK(values.max_abs() == 0.5);
  CHECK(values.rows[0].max_abs == 0.5);
  CHECK(values.rows[1].equal());

  const StateDict c = pair_of({1, 2}, {4});
  const WeightsDiff shapes = diff_weights(a, c);
  CHECK_FALSE(shapes.equal());
  CHECK_FALSE(shapes.rows[0].comparable());
  CHECK(shapes.max_abs() == 0.0);

  StateDict d;
  d.add("x", a.at("x"));
  d.add("z", a.at("y"));
  const WeightsDiff names = diff_weights(a, d);
  REQUIRE(names.rows.size() == 3);
  CHECK(names.rows[1].b == nullptr);
  CHECK(names.rows[2].name == "z");
  CHECK(names.rows[2].a == nullptr);
  CHECK_FALSE(names.equal());

  StateDict e;
  e.add("x", StateEntry::from_tensor(a.at("x").to_tensor(DType::f64)));
  e.add("y", a.at("y"));
  CHECK_FALSE(diff_weights(a, e).equal());
  CHECK(diff_weights(a, e).max_abs() == 0.0);
}

TEST_CASE("diff: NaN equals NaN alone, and infinities are exact") {
  const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  CHECK(diff_weights(pair_of({nan}, {inf, 1}), pair_of({nan}, {inf, 2})).max_abs() == 1.0);
  CHECK(std::isinf(diff_weights(pair_of({nan}, {1}), pair_of({0}, {1})).max_abs()));
  CHECK(std::isinf(diff_weights(pair_of({inf}, {1}), pair_of({-inf}, {1})).max_abs()));
}

TEST_CASE("diff: a prefix is no difference, and is reported") {
  const StateDict plain = pair_of({1}, {2}), wrapped = pair_of({1}, {2}, "module.model.");
  const WeightsDiff diff = diff_weights(wrapped, plain);
  CHECK(diff.equal());
  CHECK(diff.names == "module. dropped, prefix model. removed");
  CHECK(diff_weights(plain, pair_of({1}, {2}, "encoder.")).equal());
}

TEST_CASE("write weights: the suffix decides, and every format reads back the same") {
  const ScratchFolder folder;
  const StateDict tensors = pair_of({1, 2, 3}, {4});
  const std::pair<const char*, const char*> formats[] = {
      {"a.pth", "zip"}, {"a.pt", "zip"}, {"a.safetensors", "safetensors"}};
  for (const auto& [name, container] : formats) {
    write_weights(folder / name, tensors);
    const WeightsFile read = read_weights(folder / name);
    CHECK(read.container == container);
    CHECK(diff_weights(read.tensors, tensors).equal());
  }
  CHECK_THROWS_WITH_AS(write_weights("a.onnx", tensors),
                       "a.onnx: unknown suffix '.onnx'; use .safetensors, .pth, .pt or .ckpt",
                       Error);
  CHECK_THROWS_WITH_AS(write_weights("a.ckpt", tensors),
                       "a.ckpt: a Lightning checkpoint needs a training state, but this file has "
                       "only weights; convert a run "
                       "folder or another Lightning checkpoint, or write .pth",
                       Error);
}

TEST_CASE("prefixes: added and stripped") {
  const StateDict tensors = pair_of({1}, {2});
  const StateDict longer = add_prefix(tensors, "model.");
  CHECK(longer[0].first == "model.x");
  CHECK(strip_prefix(longer, "model.")[1].first == "y");
  CHECK_THROWS_WITH_AS(strip_prefix(tensors, "model."), "weights: no name begins with model.",
                       Error);
}

}  // namespace fpanet
