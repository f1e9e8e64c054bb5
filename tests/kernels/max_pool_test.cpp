// Pooling, upsampling and concatenation.

#include "kernels/naive/resample.hpp"
#include "kernels/concat.hpp"
#include "kernels/global_pool.hpp"
#include "kernels/max_pool.hpp"
#include "kernels/max_pool/rows.hpp"
#include "kernels/naive/pool.hpp"
#include "kernels/simd/cpu_isa.hpp"
#include "kernels/upsample2x.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

/// Few distinct values, so that windows have ties.
template <class T>
std::vector<T> with_ties(Index count) {
  std::vector<T> values = uniform<T>("ties", count, -2, 2);
  for (T& value : values) value = static_cast<T>(std::round(static_cast<Real<T>>(value)));
  return values;
}

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

template <class T>
std::vector<MaxPoolRows<T>> max_pool_levels() {
  std::vector<MaxPoolRows<T>> levels{max_pool_rows_generic<T>()};
#if defined(__x86_64__)
  if (detected_cpu_isa() >= CpuIsa::avx2) levels.push_back(max_pool_rows_avx2<T>());
  if (detected_cpu_isa() >= CpuIsa::avx512) levels.push_back(max_pool_rows_avx512<T>());
#endif
  return levels;
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
    for (const MaxPoolRows<T>& rows : max_pool_levels<T>()) {
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
  on_cards<float>(check);
}

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
  on_cards<float>(check);
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

TEST_CASE_TEMPLATE("upsample2x, alone and with a skip connection", T, float, double, bfloat16) {
  for (const ImageSize& s : image_sizes()) {
    for (const Index skip_channels : {Index{1}, Index{16}}) {
      CAPTURE(s.str());
      CAPTURE(skip_channels);
      const ImageSize up{s.n, s.c, 2 * s.h, 2 * s.w};
      const ImageSize side{s.n, skip_channels, 2 * s.h, 2 * s.w};
      const ImageSize both{s.n, s.c + skip_channels, 2 * s.h, 2 * s.w};
      const auto x = uniform<T>("x", s.numel()), skip = uniform<T>("skip", side.numel());
      const auto wide_x = widened(x), wide_skip = widened(skip);
      std::vector<double> y = filled<double>(up.numel(), 0);
      std::vector<double> joined = filled<double>(both.numel(), 0);
      naive::upsample2x<double>(s.of(wide_x), up.over(y.data()));
      naive::concat<double>(up.of(y), side.of(wide_skip), both.over(joined.data()));
      check_assigned<T>(
          y, 0, [&](const auto& device, T* out) { upsample2x<T>(device, s.of(x), up.over(out)); });
      check_assigned<T>(joined, 0, [&](const auto& device, T* out) {
        upsample2x_concat<T>(device, s.of(x), side.of(skip), both.over(out));
      });

      const auto dy = uniform<T>("dy", both.numel());
      const auto wide_dy = widened(dy);
      std::vector<double> dup = filled<double>(up.numel(), 0), dx = filled<double>(s.numel(), 0);
      std::vector<double> dskip = filled<double>(side.numel(), 0);
      naive::channels<double>(both.of(wide_dy), 0, up.over(dup.data()));
      naive::channels<double>(both.of(wide_dy), s.c, side.over(dskip.data()));
      naive::upsample2x_backward<double>(up.of(dup), s.over(dx.data()));
      const View<T> none_x{nullptr, s.n, s.c, s.h, s.w};
      const View<T> none_skip{nullptr, side.n, side.c, side.h, side.w};
      check_written<T>(dx, tolerance<T>(), [&](const auto& device, T* out, Write write) {
        upsample2x_concat_backward<T>(device, both.of(dy), s.over(out), write, none_skip, write);
      });
      check_written<T>(dskip, tolerance<T>(), [&](const auto& device, T* out, Write write) {
        upsample2x_concat_backward<T>(device, both.of(dy), none_x, write, side.over(out), write);
      });
      const std::vector<T> narrow = narrowed<T>(dup);
      check_written<T>(dx, tolerance<T>(), [&](const auto& device, T* out, Write write) {
        upsample2x_backward<T>(device, up.of(narrow), s.over(out), write);
      });
    }
  }
}

TEST_CASE_TEMPLATE("concat", T, float, double, bfloat16) {
  for (const ImageSize& s : image_sizes()) {
    CAPTURE(s.str());
    const ImageSize t{s.n, 5, s.h, s.w}, both{s.n, s.c + 5, s.h, s.w};
    const auto a = uniform<T>("a", s.numel()), b = uniform<T>("b", t.numel());
    const auto wide_a = widened(a), wide_b = widened(b);
    std::vector<double> y = filled<double>(both.numel(), 0);
    naive::concat<double>(s.of(wide_a), t.of(wide_b), both.over(y.data()));
    check_assigned<T>(y, 0, [&](const auto& device, T* out) {
      concat<T>(device, s.of(a), t.of(b), both.over(out));
    });
    const std::vector<T> dy = narrowed<T>(y);  // so that da = a and db = b
    const View<T> none{nullptr, 0, 5, 0, 0};
    check_written<T>(wide_a, tolerance<T>(), [&](const auto& device, T* out, Write write) {
      concat_backward<T>(device, both.of(dy), s.over(out), write, none, write);
    });
    check_written<T>(wide_b, tolerance<T>(), [&](const auto& device, T* out, Write write) {
      concat_backward<T>(device, both.of(dy), none, write, t.over(out), write);
    });
  }
}

}  // namespace
}  // namespace fpanet::kernels
