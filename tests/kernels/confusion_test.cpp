#include "kernels/confusion.hpp"

#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

template <class T>
void check_confusion(const ImageSize& s) {
  const auto x = uniform<T>("x", s.numel());
  const auto scores = widened(x);
  const auto labels = labels_of(s.pixels(), s.c + 2);  // c and c + 1 are out of range
  const Index ignored = s.c + 1, side = s.c + 1;
  std::vector<std::int64_t> expected(static_cast<std::size_t>(s.n * side * side), 0);
  for (Index pixel = 0; pixel < s.pixels(); ++pixel) {
    const Index label = labels[static_cast<std::size_t>(pixel)];
    if (label == ignored) continue;
    const double* const row = scores.data() + pixel * s.c;
    const Index prediction = std::max_element(row, row + s.c) - row;
    const Index at = (pixel / (s.h * s.w) * side + std::min(label, s.c)) * side + prediction;
    ++expected[static_cast<std::size_t>(at)];
  }
  const auto check = [&](const auto& device) {
    std::vector<std::int64_t> counts(expected.size(), -1);
    auto workspace = scratch(confusion_workspace_bytes<T>(device, s.n, s.c, s.h, s.w));
    confusion<T>(device, s.of(x), labels.data(), ignored, counts.data(), workspace);
    CHECK(counts == expected);
  };
  on_cpus<T>(check);
  on_gpus<T>(check);
}

TEST_CASE_TEMPLATE("confusion counts every pixel once, but ignored ones", T, float, double,
                   bfloat16) {
  for (const ImageSize& s : image_sizes()) {
    CAPTURE(s.str());
    check_confusion<T>(s);
  }
  check_confusion<T>({2, 90, 3, 5});  // more counters than a block has memory for
}

}  // namespace
}  // namespace fpanet::kernels
