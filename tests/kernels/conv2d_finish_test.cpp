// What Cuda halves add around cuDNN's convolutions, on an emulated GPU.

#include "kernels/conv2d/finish.hpp"

#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("conv2d_epilogue: y = [relu](y + bias [+ residual])", T, float, bfloat16) {
  for (const ImageSize& size : image_sizes()) {
    for (const bool with_bias : {false, true}) {
      for (const bool with_residual : {false, true}) {
        for (const bool relu : {false, true}) {
          CAPTURE(size.str());
          CAPTURE(with_bias);
          CAPTURE(with_residual);
          CAPTURE(relu);
          const auto x = uniform<T>("x", size.numel()), residual = uniform<T>("r", size.numel());
          const auto bias = uniform<float>("bias", size.c);
          std::vector<double> y = widened(x);
          for (std::size_t i = 0; i < y.size(); ++i) {
            if (with_bias) y[i] += widened(bias[i % bias.size()]);
            if (with_residual) y[i] += widened(residual[i]);
            if (relu) y[i] = std::max(0.0, y[i]);
          }
          for (const int gpu : {0, 1}) {
            std::vector<T> out = x;
            conv2d_epilogue<T>(Cuda{gpu},
                               {.bias = with_bias ? bias.data() : nullptr,
                                .residual = with_residual ? residual.data() : nullptr,
                                .relu = relu},
                               {out.data(), 1, size.pixels(), size.c});
            CHECK(difference(out, y) <= tolerance<T>());
          }
        }
      }
    }
  }
}

TEST_CASE("statistics_of_sums: mean and variance from sums in f32") {
  for (const Index channels : {1, 7, 64, 130}) {
    CAPTURE(channels);
    const Index pixels = 1000;
    std::vector<float> sums, squares;
    std::vector<double> expected(static_cast<std::size_t>(2 * channels));
    const auto mean = uniform<double>("mean", channels, -3, 3);
    const auto var = uniform<double>("var", channels, 0.5, 2);
    for (std::size_t c = 0; c < mean.size(); ++c) {
      expected[c] = mean[c];
      expected[mean.size() + c] = var[c];
      sums.push_back(static_cast<float>(mean[c] * static_cast<double>(pixels)));
      squares.push_back(
          static_cast<float>((var[c] + mean[c] * mean[c]) * static_cast<double>(pixels)));
    }
    squares[0] = 0;  // less than its mean allows
    expected[mean.size()] = 0;
    for (const int gpu : {0, 1}) {
      auto statistics = filled<double>(2 * channels, std::nan(""));
      statistics_of_sums(Cuda{gpu}, sums.data(), squares.data(), pixels, channels,
                         statistics.data());
      CHECK(difference(statistics, expected) <= kKernelFloat);
    }
  }
}

TEST_CASE("widen_weight_gradient: f32 from bf16, exactly; or added") {
  for (const Index count : {1, 3, 8, 777}) {
    CAPTURE(count);
    const auto rounded = uniform<bfloat16>("dw", count);
    for (const Write write : {Write::assign, Write::accumulate}) {
      for (const int gpu : {0, 1}) {
        std::vector<float> dw = uniform<float>("before", count);
        std::vector<double> expected = widened(rounded);
        if (write == Write::accumulate) {
          for (std::size_t i = 0; i < dw.size(); ++i) expected[i] += widened(dw[i]);
        }
        widen_weight_gradient(Cuda{gpu}, rounded, dw, write);
        CHECK(difference(dw, expected) <= (write == Write::assign ? 0 : kKernelFloat));
      }
    }
  }
}

}  // namespace
}  // namespace fpanet::kernels
