#include "kernels/dropout.hpp"

#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("dropout keeps 1 - p of the elements, scaled, and remembers which", T, float,
                   double, bfloat16) {
  constexpr Index kSize = 100001;
  const std::vector<T> x = filled<T>(kSize, 1);
  const std::int64_t rng[] = {42, 7}, later[] = {42, 8};
  const auto run = [&](const auto& device, const std::int64_t* counter, std::uint32_t stream,
                       double p) {
    std::vector<T> y(kSize);
    dropout<T>(device, x, counter, stream, p, y, Write::assign);
    return y;
  };
  const auto count = [](const std::vector<T>& y, double value) {
    return std::count_if(y.begin(), y.end(), [&](T element) {
      return widened(element) == widened(static_cast<T>(value));
    });
  };
  std::vector<T> first;
  const auto check = [&](const auto& device) {
    const std::vector<T> y = run(device, rng, 0, 0.2);
    const auto kept = count(y, 1 / 0.8);
    CHECK(count(y, 0) + kept == kSize);
    CHECK(std::abs(static_cast<double>(kept) / kSize - 0.8) < 0.005);  // 4 standard deviations
    if (first.empty()) first = y;
    CHECK(same_bits(y, first));  // on the CPU and on GPUs
    CHECK_FALSE(same_bits(y, run(device, later, 0, 0.2)));
    CHECK_FALSE(same_bits(y, run(device, rng, 1, 0.2)));
    std::vector<T> sum = x;
    dropout<T>(device, x, rng, 0, 0.2, sum, Write::accumulate);
    CHECK(widened(sum[0]) == widened(y[0]) + 1);
    CHECK(count(run(device, rng, 0, 1.0), 0) == kSize);
  };
  on_cpus<T>(check);
  on_gpus<T>(check);
}

}  // namespace
}  // namespace fpanet::kernels
