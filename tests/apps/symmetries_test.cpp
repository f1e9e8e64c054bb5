#include "apps/prediction/symmetries.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include <algorithm>
#include <set>

#include "apps/training/evaluator.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {
namespace {

/// Images (n,channels,height,width) of different numbers.
Tensor numbered(Index n, Index channels, Index height, Index width) {
  Tensor images = Tensor::empty({n, channels, height, width}, DType::f32);
  float next = 0;
  for (float& value : images.span<float>()) value = next++;
  return images;
}

std::vector<float> values_of(const Tensor& tensor) {
  const auto span = tensor.span<float>();
  return {span.begin(), span.end()};
}

}  // namespace

TEST_CASE("flips are four symmetries, d4 all eight") {
  CHECK(symmetries("none") == std::vector<Symmetry>{{}});
  CHECK(symmetries("flips").size() == 4);
  CHECK(symmetries("d4").size() == 8);
  for (const char* name : {"flips", "d4"}) {
    std::set<std::vector<float>> copies;
    for (const Symmetry& symmetry : symmetries(name)) {
      copies.insert(values_of(transformed(numbered(1, 1, 3, 3), symmetry)));
    }
    CHECK(copies.size() == symmetries(name).size());
  }
  CHECK(test::contains(test::message_of<Error>([] { symmetries("d8"); }), "none, flips, d4"));
}

TEST_CASE("symmetries of an image of 2x3 pixels") {
  const Tensor image = numbered(1, 1, 2, 3);  // 0 1 2 / 3 4 5
  const auto copy = [&](const Symmetry& symmetry) {
    return values_of(transformed(image, symmetry));
  };
  CHECK(copy({}) == std::vector<float>{0, 1, 2, 3, 4, 5});
  CHECK(copy({.rows_reversed = true}) == std::vector<float>{3, 4, 5, 0, 1, 2});
  CHECK(copy({.columns_reversed = true}) == std::vector<float>{2, 1, 0, 5, 4, 3});
  CHECK(copy({.transposed = true}) == std::vector<float>{0, 3, 1, 4, 2, 5});
  // A quarter turn to the right: the left column becomes the upper row, from below.
  CHECK(copy({.transposed = true, .columns_reversed = true}) ==
        std::vector<float>{3, 0, 4, 1, 5, 2});
  CHECK(transformed(image, {.transposed = true}).shape() == Shape{1, 1, 3, 2});
}

TEST_CASE("every copy is turned back before it is averaged") {
  const Tensor images = numbered(2, 3, 4, 6);
  for (const char* name : {"none", "flips", "d4"}) {
    int calls = 0;
    const Tensor mean = average_over(symmetries(name), images, [&](const Tensor& copy) {
      ++calls;
      return copy;  // what the copies show is what the image shows
    });
    CHECK(calls == static_cast<int>(symmetries(name).size()));
    CHECK(mean.shape() == images.shape());
    CHECK(mean.dtype() == DType::f32);
    CHECK(values_of(mean) == values_of(images));
  }
}

TEST_CASE("probabilities are averaged, not the images") {
  const Tensor image = numbered(1, 1, 2, 2);  // 0 1 / 2 3
  // The upper left pixel of every copy gets 8: each pixel is there in two of eight copies.
  const Tensor mean = average_over(symmetries("d4"), image, [](const Tensor& copy) {
    Tensor y = Tensor::zeros(copy.shape(), DType::f64);
    y.span<double>()[0] = 8;
    return y;
  });
  for (const double value : mean.span<double>()) CHECK(value == 2);
}

TEST_CASE("an average over the image alone is judged as the evaluation program judges it") {
  const auto store =
      std::make_shared<SceneStore>(std::make_shared<SyntheticDataset>(3, ImageSize{32, 64}, 1));
  const std::vector<std::vector<ObjectiveTerm>> sums = {
      {{}}, {{.factor = 0.5}, {.loss = "ce"}}, {{.loss = "lovasz"}}, {{.loss = "jaccard"}}};
  for (const auto& terms : sums) {
    ModelSession session({.context = Cpu{2}, .dtype = DType::f64},
                         {.options = {{"encoder", "resnet18"}}}, std::nullopt);
    session.store().initialize(1);
    Objective objective = session.objective();
    objective.terms = terms;
    objective.ignored_classes = {2};
    session.set_objective(objective);
    Loader loader(store, {0, 1, 2}, {.batch_size = 2});
    const Tally plain = evaluate(session, loader);
    const Tally same = evaluate_averaged(session, loader, symmetries("none"));
    CHECK(same.metrics().loss.value() ==
          doctest::Approx(plain.metrics().loss.value()).epsilon(1e-9));
    CHECK(same.metrics().iou.value() == plain.metrics().iou.value());
    CHECK(same.images() == 3);
    for (Index row = 0; row < 7; ++row) {
      for (Index column = 0; column < 7; ++column) {
        CHECK(same.confusion().at(row, column) == plain.confusion().at(row, column));
      }
    }
    const Tally d4 = evaluate_averaged(session, loader, symmetries("d4"));
    CHECK(d4.metrics().loss.value() != plain.metrics().loss.value());
    CHECK(d4.confusion().pixels() == plain.confusion().pixels());
  }
}

TEST_CASE("a probability of zero has a finite loss") {
  Tensor probabilities = Tensor::zeros({1, 2, 1, 2}, DType::f32);
  const auto p = probabilities.span<float>();
  p[0] = 1;  // pixel 0: 1, 0; pixel 1: 0, 1
  p[3] = 1;
  Tensor labels = Tensor::zeros({1, 1, 2}, DType::i32);
  const BatchResult result = judge({.terms = {{.loss = "ce"}}}, probabilities, labels);
  CHECK(std::isfinite(result.loss));
  CHECK(result.loss > 40);
  CHECK(result.confusion.span<std::int64_t>()[1] == 1);
}

}  // namespace fpanet
