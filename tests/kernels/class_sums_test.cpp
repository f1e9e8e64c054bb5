#include "kernels/class_sums.hpp"

#include "kernels/naive/dice.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

/// In plain loops: sums (3,C), or where gradients of the sums are given, those of p.
struct DefinitionOfClassSums {
  View<const double> p;
  const std::int32_t* labels;
  DiceOptions options;

  naive::DiceTarget target(Index pixel, Index c) const {
    return naive::dice_target(labels, pixel, c, p.c, options);
  }
  std::vector<double> sums() const {
    std::vector<double> sums(static_cast<std::size_t>(3 * p.c));
    for (Index pixel = 0; pixel < p.pixels(); ++pixel) {
      for (Index c = 0; c < p.c; ++c) {
        const naive::DiceTarget t = target(pixel, c);
        const double value = t.mask * p.data[pixel * p.c + c];
        sums[static_cast<std::size_t>(c)] += value * t.value;
        sums[static_cast<std::size_t>(p.c + c)] += value;
        sums[static_cast<std::size_t>(2 * p.c + c)] += t.value;
      }
    }
    return sums;
  }
  std::vector<double> gradient(const std::vector<double>& dsums) const {
    std::vector<double> dp;
    for (Index pixel = 0; pixel < p.pixels(); ++pixel) {
      for (Index c = 0; c < p.c; ++c) {
        const naive::DiceTarget t = target(pixel, c);
        dp.push_back(t.mask * (dsums[static_cast<std::size_t>(c)] * t.value +
                               dsums[static_cast<std::size_t>(p.c + c)]));
      }
    }
    return dp;
  }
};

TEST_CASE_TEMPLATE("class_sums and its gradient against the definition", T, float, double,
                   bfloat16) {
  for (const ImageSize& s : image_sizes()) {
    CAPTURE(s.str());
    const auto p = uniform<T>("p", s.numel(), 0, 1);
    const auto wide = widened(p);
    const auto dsums = uniform<double>("dsums", 3 * s.c);
    for (const ClassTargets& targets :
         {ClassTargets{.mode = s.c == 1 ? DiceMode::binary : DiceMode::multiclass},
          ClassTargets{.ignore_index = 0},
          ClassTargets{.mode = DiceMode::multilabel, .ignore_index = 2}}) {
      const bool per_channel = targets.mode == DiceMode::multilabel;
      const auto labels = labels_of(per_channel ? s.numel() : s.pixels(),
                                    per_channel ? 3 : std::max<Index>(2, s.c + 1));
      const DefinitionOfClassSums definition{
          s.of(wide), labels.data(), {.mode = targets.mode, .ignore_index = targets.ignore_index}};
      const double bound = std::is_same_v<T, double> ? 1e-12 : 3e-6;
      check_assigned<double, T>(definition.sums(), bound, [&](const auto& device, double* sums) {
        auto workspace = scratch(class_sums_workspace_bytes<T>(device, s.pixels(), s.c));
        class_sums<T>(device, s.of(p), labels.data(), targets, sums, workspace);
      });
      check_written<T>(
          definition.gradient(dsums), tolerance<T>(), [&](const auto& device, T* dp, Write write) {
            class_sums_backward<T>(device, labels.data(), dsums.data(), targets, s.over(dp), write);
          });
    }
  }
}

}  // namespace
}  // namespace fpanet::kernels
