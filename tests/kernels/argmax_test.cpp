#include "kernels/argmax.hpp"

#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("argmax: the first of several", T, float, double, bfloat16) {
  std::vector<T> x;
  for (const float value : {1, 3, 3, 2, 2, 2, -1, -3, -2}) x.push_back(static_cast<T>(value));
  const auto check = [&](const auto& device) {
    std::vector<std::int32_t> y(3);
    argmax<T>(device, {x.data(), 1, 3, 3}, y.data());
    CHECK(y == std::vector<std::int32_t>{1, 0, 0});
  };
  on_cpus<T>(check);
  on_gpus<T>(check);
}

TEST_CASE_TEMPLATE("argmax against a loop over each row", T, float, double, bfloat16) {
  for (const ImageSize& s : image_sizes()) {
    CAPTURE(s.str());
    const auto distinct = uniform<T>("x", s.numel()), tied = with_ties<T>(s.numel());
    for (const std::vector<T>* const x : {&distinct, &tied}) {
      const std::vector<double> wide = widened(*x);
      std::vector<std::int32_t> expected;
      for (Index row = 0; row < s.pixels(); ++row) {
        const double* const from = wide.data() + row * s.c;
        expected.push_back(static_cast<std::int32_t>(std::max_element(from, from + s.c) - from));
      }
      const auto check = [&](const auto& device) {
        std::vector<std::int32_t> y(expected.size(), -1);
        argmax<T>(device, {x->data(), 1, s.pixels(), s.c}, y.data());
        CHECK(y == expected);
      };
      on_cpus<T>(check);
      on_gpus<T>(check);
    }
  }
}

}  // namespace
}  // namespace fpanet::kernels
