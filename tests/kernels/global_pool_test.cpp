#include "kernels/global_pool.hpp"

#include "kernels/naive/pool.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE("global_max_pool: ties and NaNs have the same winner on the CPU and on GPUs") {
  const ImageSize s{1, 3, 20, 20};
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> x = with_ties<float>(s.numel());
  x[3 * 7] = x[3 * 300] = nan;  // channel 0: two NaNs
  std::vector<std::int32_t> first;
  const auto check = [&](const auto& device) {
    std::vector<float> y(3);
    std::vector<std::int32_t> winner(3);
    global_max_pool<float>(device, s.of(x), y.data(), winner.data());
    CHECK(std::isnan(y[0]));
    CHECK(y[1] == 2);
    if (first.empty()) first = winner;
    CHECK(winner == first);
  };
  on_cpus<float>(check);
  on_gpus<float>(check);
}

TEST_CASE_TEMPLATE("global pools", T, float, double, bfloat16) {
  for (const ImageSize& s : image_sizes()) {
    CAPTURE(s.str());
    const auto x = uniform<T>("x", s.numel()), dy = uniform<T>("dy", s.n * s.c);
    const auto wide = widened(x), wide_dy = widened(dy);
    const View<const double> image = s.of(wide);
    std::vector<double> mean = filled<double>(s.n * s.c, 0), max = mean;
    std::vector<double> from_mean = filled<double>(s.numel(), 0), from_max = from_mean;
    naive::global_avg_pool(image, mean.data());
    for (Index n = 0; n < s.n; ++n) {
      for (Index c = 0; c < s.c; ++c) {
        const auto out = static_cast<std::size_t>(n * s.c + c);
        Index best = 0;
        for (Index p = 0; p < s.h * s.w; ++p) {
          from_mean[static_cast<std::size_t>((n * s.h * s.w + p) * s.c + c)] =
              wide_dy[out] / static_cast<double>(s.h * s.w);
          if (image.pixel(n, 0, 0)[p * s.c + c] > image.pixel(n, 0, 0)[best * s.c + c]) best = p;
        }
        max[out] = image.pixel(n, 0, 0)[best * s.c + c];
        from_max[static_cast<std::size_t>((n * s.h * s.w + best) * s.c + c)] = wide_dy[out];
      }
    }
    std::vector<std::int32_t> winner(max.size());
    check_assigned<T>(mean, tolerance<T>(),
                      [&](const auto& device, T* y) { global_avg_pool<T>(device, s.of(x), y); });
    check_assigned<T>(max, 0, [&](const auto& device, T* y) {
      global_max_pool<T>(device, s.of(x), y, winner.data());
    });
    check_written<T>(from_mean, tolerance<T>(), [&](const auto& device, T* dx, Write write) {
      global_avg_pool_backward<T>(device, dy.data(), s.over(dx), write);
    });
    check_written<T>(from_max, tolerance<T>(), [&](const auto& device, T* dx, Write write) {
      global_max_pool_backward<T>(device, dy.data(), winner.data(), s.over(dx), write);
    });
  }
}

}  // namespace
}  // namespace fpanet::kernels
