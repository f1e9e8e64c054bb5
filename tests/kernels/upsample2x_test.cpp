#include "kernels/upsample2x.hpp"

#include "kernels/naive/resample.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

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

}  // namespace
}  // namespace fpanet::kernels
