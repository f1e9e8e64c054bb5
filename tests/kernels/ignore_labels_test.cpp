#include "kernels/ignore_labels.hpp"

#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE("ignore_labels replaces the labels of a set, and no others") {
  ClassSet classes;
  for (const Index label : {0, 63, 64, 255}) classes.add(label);
  std::vector<std::int32_t> labels, expected;
  for (std::int32_t i = 0; i < 40000; ++i) {
    const std::int32_t label = i % 300 - 5;  // some are no classes
    labels.push_back(label);
    expected.push_back(label == 0 || label == 63 || label == 64 || label == 255 ? -1 : label);
  }
  const auto check = [&](const auto& device) {
    std::vector<std::int32_t> out(labels.size());
    ignore_labels(device, labels, classes, -1, out);
    CHECK(out == expected);
  };
  on_cpus<float>(check);
  on_gpus<float>(check);
}

}  // namespace
}  // namespace fpanet::kernels
