#include "kernels/max_pool.hpp"

#include "kernels/max_pool/rows.hpp"
#include "kernels/naive/pool.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("max_pool: values, winners and gradient", T, float, double, bfloat16) {
  const PoolWindow windows[] = {{3, 2, 1}, {2, 2, 0}, {3, 1, 1}, {5, 3, 2}, {1, 1, 0}, {2, 3, 1}};
  for (const ImageSize& s : image_sizes()) {
    for (const PoolWindow& window : windows) {
      if (std::min(s.h, s.w) + 2 * window.padding < window.kernel) continue;
      CAPTURE(s.str());
      CAPTURE(window.kernel);
      CAPTURE(window.stride);
      const ImageSize o{s.n, s.c, window.outputs(s.h), window.outputs(s.w)};
      const auto x = with_ties<T>(s.numel()), dy = uniform<T>("dy", o.numel());
      const auto wide_x = widened(x), wide_dy = widened(dy);
      std::vector<double> y = filled<double>(o.numel(), 0), dx = filled<double>(s.numel(), 0);
      naive::max_pool<double>(s.of(wide_x), window, o.over(y.data()), o.of(wide_dy),
                              s.over(dx.data()));
      std::vector<std::uint8_t> winner(y.size());
      check_assigned<T>(y, 0, [&](const auto& device, T* out) {
        max_pool<T>(device, s.of(x), window, o.over(out), winner.data());
      });
      check_written<T>(dx, tolerance<T>(), [&](const auto& device, T* out, Write write) {
        max_pool_backward<T>(device, o.of(dy), winner.data(), window, s.over(out), write);
      });
    }
  }
}

TEST_CASE_TEMPLATE("max_pool: every level gives the same bits", T, float, double) {
  const PoolWindow window;
  const ImageSize s{2, 0, 9, 12}, o{2, 0, window.outputs(9), window.outputs(12)};
  for (const Index channels : {1, 3, 4, 7, 8, 15, 16, 33, 64, 77}) {
    CAPTURE(channels);
    const ImageSize from{s.n, channels, s.h, s.w}, to{o.n, channels, o.h, o.w};
    std::vector<T> x = with_ties<T>(from.numel());
    for (std::size_t i = 0; i < x.size(); i += 41) x[i] = std::numeric_limits<T>::quiet_NaN();
    const auto dy = uniform<T>("dy", to.numel());
    std::vector<T> first_y, first_dx;
    std::vector<std::uint8_t> first_winner;
    for (const MaxPoolRows<T>& rows : max_pool_rows_variants<T>().all()) {
      std::vector<T> y(dy.size()), dx = uniform<T>("dx", from.numel());
      std::vector<std::uint8_t> winner(y.size());
      for (Index row = 0; row < to.n * to.h; ++row) {
        rows.forward(from.of(x), window, to.over(y.data()), winner.data(), row);
      }
      for (Index row = 0; row < from.n * from.h; ++row) {
        rows.backward(to.of(dy), winner.data(), window, from.over(dx.data()), Write::accumulate,
                      row);
      }
      if (first_y.empty()) {
        first_y = y;
        first_dx = dx;
        first_winner = winner;
      }
      CHECK(same_bits(y, first_y));
      CHECK(same_bits(dx, first_dx));
      CHECK(winner == first_winner);
    }
  }
}

TEST_CASE("max_pool: a NaN wins and an image of -inf has a winner") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float low = -std::numeric_limits<float>::infinity();
  const std::vector<float> x = {1, nan, 5, 2, low, low, low, low}, dy = {3, 4};
  const ImageSize in{2, 1, 2, 2}, out{2, 1, 1, 1};
  const auto check = [&](const auto& device) {
    std::vector<float> y(2), dx(8);
    std::vector<std::uint8_t> winner(2);
    max_pool<float>(device, in.of(x), {2, 2, 0}, out.over(y.data()), winner.data());
    CHECK(std::isnan(y[0]));
    CHECK(y[1] == low);
    max_pool_backward<float>(device, out.of(dy), winner.data(), {2, 2, 0}, in.over(dx.data()),
                             Write::assign);
    CHECK(dx == std::vector<float>{0, 3, 0, 0, 4, 0, 0, 0});
  };
  on_cpus<float>(check);
  on_gpus<float>(check);
}

}  // namespace
}  // namespace fpanet::kernels
