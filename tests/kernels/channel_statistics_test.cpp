#include "kernels/channel_statistics.hpp"

#include "kernels/naive/batch_norm.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

/// What the definition makes of x in double: means, then variances.
template <class T>
std::vector<double> defined_moments(const ImageSize& s, const std::vector<T>& x) {
  std::vector<double> statistics(static_cast<std::size_t>(2 * s.c));
  const std::vector<double> wide = widened(x);
  naive::batch_norm_moments(s.of(wide), statistics.data(), statistics.data() + s.c);
  return statistics;
}

template <class T>
void check_statistics(const ImageSize& s, const std::vector<T>& x,
                      const std::vector<double>& expected, double bound) {
  check_assigned<double, T>(expected, bound, [&](const auto& device, double* statistics) {
    auto workspace = scratch(channel_statistics_workspace_bytes<T>(device, s.pixels(), s.c));
    channel_statistics<T>(device, s.of(x), statistics, workspace);
  });
}

TEST_CASE_TEMPLATE("channel_statistics: against the definition in double", T, float, double,
                   bfloat16) {
  for (const ImageSize& size : image_sizes()) {
    CAPTURE(size.str());
    const auto x = uniform<T>("x", size.numel(), 2, 5);
    check_statistics(size, x, defined_moments(size, x), tolerance<Real<T>>());
  }
}

TEST_CASE("channel_statistics: a mean a thousand times the deviation costs no digits") {
  const ImageSize s{1, 2, 100, 100};
  std::vector<float> x;
  for (const double noise : uniform<double>("noise", s.numel())) {
    x.push_back(static_cast<float>(1000 + noise));
  }
  const std::vector<double> expected = defined_moments(s, x);  // the variances are a third
  check_statistics(s, x, expected, kKernelFloat);
}

}  // namespace
}  // namespace fpanet::kernels
