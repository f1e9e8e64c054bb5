#include "kernels/fold_batch_norm.hpp"

#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("fold_batch_norm against its formula, with and without a bias", T, float, double,
                   bfloat16) {
  using R = Real<T>;
  struct Size {
    Index c_out, per_channel;
  };
  for (const Size& size : {Size{1, 1}, Size{3, 27}, Size{7, 9}, Size{2, 4608}}) {
    const Index c_out = size.c_out, per_channel = size.per_channel;
    for (const bool with_bias : {false, true}) {
      CAPTURE(c_out);
      CAPTURE(per_channel);
      CAPTURE(with_bias);
      const auto w = uniform<R>("w", c_out * per_channel), b = uniform<R>("b", c_out);
      const auto gamma = uniform<R>("gamma", c_out, -2, 2), beta = uniform<R>("beta", c_out);
      const auto mean = uniform<R>("mean", c_out), var = uniform<R>("var", c_out, 0, 2);
      const ConvNorm<R> from{.w = w.data(),
                             .b = with_bias ? b.data() : nullptr,
                             .gamma = gamma.data(),
                             .beta = beta.data(),
                             .mean = mean.data(),
                             .var = var.data(),
                             .eps = 1e-5,
                             .c_out = c_out,
                             .weights_per_channel = per_channel};
      std::vector<double> weights = widened(w), biases = widened(beta);
      for (std::size_t o = 0; o < biases.size(); ++o) {
        const double scale = widened(gamma[o]) / std::sqrt(widened(var[o]) + from.eps);
        biases[o] += scale * ((with_bias ? widened(b[o]) : 0) - widened(mean[o]));
        for (Index i = 0; i < per_channel; ++i) {
          weights[o * static_cast<std::size_t>(per_channel) + static_cast<std::size_t>(i)] *= scale;
        }
      }
      check_assigned<T>(weights, tolerance<T>(), [&](const auto& device, T* out) {
        auto bias = filled<R>(c_out, 0);
        fold_batch_norm<T>(device, from, out, bias.data());
      });
      check_assigned<R, T>(biases, tolerance<R>(), [&](const auto& device, R* out) {
        auto weight = filled<T>(c_out * per_channel, 0);
        fold_batch_norm<T>(device, from, weight.data(), out);
      });
    }
  }
}

}  // namespace
}  // namespace fpanet::kernels
