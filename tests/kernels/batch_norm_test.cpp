#include "kernels/batch_norm.hpp"

#include "kernels/channel_statistics.hpp"
#include "kernels/naive/batch_norm.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

constexpr double kEps = 1e-5;

/// Inputs of one size, and what the definition makes of them in double.
template <class T>
struct BatchNormCase {
  using R = Real<T>;

  BatchNormCase(const ImageSize& size, bool with_relu, bool with_residual, bool training)
      : s(size), relu(with_relu), residual(with_residual), train(training) {
    const View<const double> wide = s.of(wide_x);
    naive::batch_norm_moments(wide, mean.data(), var.data());
    if (!train) {
      mean = widened(running_mean);
      var = widened(running_var);
    }
    const View<const double> no_residual{nullptr, s.n, s.c, s.h, s.w};
    const std::vector<double> wide_r = widened(r), wide_weight = widened(weight);
    const std::vector<double> wide_bias = widened(bias), wide_dy = widened(dy);
    naive::batch_norm<double>(wide, mean.data(), var.data(), wide_weight.data(), wide_bias.data(),
                              kEps, residual ? s.of(wide_r) : no_residual, relu, s.over(y.data()));
    // The mask comes from the y that the kernel is given, so that rounding flips no ReLU.
    for (std::size_t i = 0; i < y.size(); ++i) given_y[i] = static_cast<T>(y[i]);
    const std::vector<double> wide_y = widened(given_y);
    naive::batch_norm_backward<double>(wide, relu ? s.of(wide_y) : no_residual, s.of(wide_dy),
                                       mean.data(), var.data(), wide_weight.data(), kEps, train,
                                       s.over(dx.data()), dweight.data(), dbias.data(),
                                       s.over(dresidual.data()));
  }

  ImageSize s;
  bool relu, residual, train;
  std::vector<T> x = uniform<T>("x", s.numel(), 2, 5);  // a mean far from zero
  std::vector<T> r = uniform<T>("r", s.numel()), dy = uniform<T>("dy", s.numel());
  std::vector<R> weight = uniform<R>("weight", s.c, 0.5, 1.5), bias = uniform<R>("bias", s.c);
  std::vector<R> running_mean = uniform<R>("running_mean", s.c, 2, 4);
  std::vector<R> running_var = uniform<R>("running_var", s.c, 0.5, 1.5);
  std::vector<double> wide_x = widened(x);

  std::vector<double> mean = filled<double>(s.c, 0), var = mean;
  std::vector<double> y = filled<double>(s.numel(), 0), dx = y, dresidual = y;
  std::vector<double> dweight = filled<double>(s.c, 0), dbias = dweight;
  std::vector<T> given_y = filled<T>(s.numel(), 0);
};

template <class T>
void check_forward(const BatchNormCase<T>& c) {
  using R = Real<T>;
  std::vector<R> mean(c.mean.size()), invstd(c.mean.size());
  check_assigned<T>(c.y, tolerance<T>(), [&](const auto& device, T* y) {
    const BatchNormForward<T> forward{.x = c.s.of(c.x),
                                      .weight = c.weight.data(),
                                      .bias = c.bias.data(),
                                      .residual = c.residual ? c.r.data() : nullptr,
                                      .relu = c.relu,
                                      .eps = kEps,
                                      .y = y,
                                      .mean = mean.data(),
                                      .invstd = invstd.data()};
    auto workspace = scratch(batch_norm_workspace_bytes<T>(device, c.s.pixels(), c.s.c));
    if (c.train) {
      batch_norm_train<T>(device, forward, {}, workspace);
    } else {
      batch_norm_eval<T>(device, forward, c.running_mean.data(), c.running_var.data(), workspace);
    }
  });
  CHECK(difference(mean, c.mean) <= tolerance<R>());
}

template <class T>
void check_backward(const BatchNormCase<T>& c) {
  using R = Real<T>;
  std::vector<R> mean, invstd;
  for (std::size_t i = 0; i < c.mean.size(); ++i) {
    mean.push_back(static_cast<R>(c.mean[i]));
    invstd.push_back(static_cast<R>(1 / std::sqrt(c.var[i] + kEps)));
  }
  const auto run = [&](const auto& device, BatchNormBackward<T> b) {
    b.x = c.s.of(c.x);
    b.y = c.relu ? c.given_y.data() : nullptr;
    if (b.dy == nullptr) b.dy = c.dy.data();
    b.weight = c.weight.data();
    if (c.relu && !c.residual) b.bias = c.bias.data();
    b.mean = mean.data();
    b.invstd = invstd.data();
    b.batch_statistics = c.train;
    auto workspace = scratch(batch_norm_workspace_bytes<T>(device, c.s.pixels(), c.s.c));
    batch_norm_backward<T>(device, b, workspace);
  };
  // dx of two or three values is a difference of nearly equal terms: scaled by invstd, so are they.
  const double bound = std::max(10 * tolerance<R>(), tolerance<T>());
  check_written<T>(c.dx, bound, [&](const auto& device, T* dx, Write write) {
    run(device, {.dx = dx, .write_dx = write});
  });
  check_written<R, T>(c.dweight, 10 * tolerance<R>(),
                      [&](const auto& device, R* dweight, Write write) {
                        run(device, {.dweight = dweight, .write_dweight = write});
                      });
  check_written<R, T>(c.dbias, 10 * tolerance<R>(), [&](const auto& device, R* dbias, Write write) {
    run(device, {.dbias = dbias, .write_dbias = write});
  });
  check_written<T>(c.dresidual, bound, [&](const auto& device, T* dresidual, Write write) {
    run(device, {.dresidual = dresidual, .write_dresidual = write});
  });
  check_assigned<T>(c.dx, bound, [&](const auto& device, T* dx) {  // dresidual over dy
    std::vector<T> dy = c.dy;
    run(device, {.dy = dy.data(), .dx = dx, .dresidual = dy.data()});
    CHECK(difference(dy, c.dresidual) <= tolerance<T>());
  });
}

TEST_CASE_TEMPLATE("batch_norm: forward and backward against the definition", T, float, double,
                   bfloat16) {
  for (const ImageSize& size : image_sizes()) {
    CAPTURE(size.str());
    for (const bool relu : {false, true}) {
      CAPTURE(relu);
      for (const bool residual : {false, true}) {
        CAPTURE(residual);
        for (const bool train : {true, false}) {
          CAPTURE(train);
          const BatchNormCase<T> c(size, relu, residual, train);
          check_forward(c);
          check_backward(c);
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("batch_norm: PyTorch's numbers for 1, 2, 3, 4", T, float, double) {
  const std::vector<T> x = {1, 2, 3, 4}, one = {1}, zero = {0};
  std::vector<T> y(4), mean(1), invstd(1), running_mean = {0}, running_var = {1};
  std::int64_t batches = 6;
  auto workspace = scratch(batch_norm_workspace_bytes<T>(Cpu{1}, 4, 1));
  batch_norm_train<T>(Cpu{1},
                      {.x = {x.data(), 1, 1, 2, 2},
                       .weight = one.data(),
                       .bias = zero.data(),
                       .y = y.data(),
                       .mean = mean.data(),
                       .invstd = invstd.data()},
                      {.mean = running_mean.data(), .var = running_var.data(), .batches = &batches},
                      workspace);
  const std::vector<double> expected = {-1.3416354, -.4472117, .4472119, 1.3416355};
  CHECK(difference(y, expected) < 2e-7);  // digits they were printed with
  CHECK(difference(running_mean, {.25}) < 1e-7);
  CHECK(difference(running_var, {0.9 + 0.1 * 5 / 3}) < 2e-7);  // one float rounding
  CHECK(batches == 7);
}

TEST_CASE_TEMPLATE("batch_norm: the mask from x is the mask from y, bit for bit", T, float, double,
                   bfloat16) {
  using R = Real<T>;
  for (const ImageSize& size : image_sizes()) {
    CAPTURE(size.str());
    const BatchNormCase<T> c(size, true, false, true);
    const Index channels = size.c;
    std::vector<T> y = filled<T>(size.numel(), 0);
    std::vector<R> mean = filled<R>(channels, 0), invstd = mean, scale = mean, shift = mean;
    auto workspace = scratch(batch_norm_workspace_bytes<T>(Cpu{2}, size.pixels(), channels));
    batch_norm_train<T>(Cpu{2},
                        {.x = size.of(c.x),
                         .weight = c.weight.data(),
                         .bias = c.bias.data(),
                         .relu = true,
                         .y = y.data(),
                         .mean = mean.data(),
                         .invstd = invstd.data(),
                         .scale = scale.data(),
                         .shift = shift.data()},
                        {}, workspace);
    struct Gradients {
      std::vector<T> dx;
      std::vector<R> dweight, dbias;
    };
    const auto gradients = [&](bool from_x) {
      Gradients out{filled<T>(size.numel(), 0), filled<R>(channels, 0), filled<R>(channels, 0)};
      batch_norm_backward<T>(Cpu{2},
                             {.x = size.of(c.x),
                              .y = from_x ? nullptr : y.data(),
                              .dy = c.dy.data(),
                              .weight = c.weight.data(),
                              .mean = mean.data(),
                              .invstd = invstd.data(),
                              .scale = from_x ? scale.data() : nullptr,
                              .shift = from_x ? shift.data() : nullptr,
                              .dx = out.dx.data(),
                              .dweight = out.dweight.data(),
                              .dbias = out.dbias.data()},
                             workspace);
      return out;
    };
    const Gradients from_x = gradients(true), from_y = gradients(false);
    CHECK(same_bits(from_x.dx, from_y.dx));
    CHECK(same_bits(from_x.dweight, from_y.dweight));
    CHECK(same_bits(from_x.dbias, from_y.dbias));
  }
}

TEST_CASE_TEMPLATE("batch_norm: given the statistics it would have taken, it gives the same bits",
                   T, float, double, bfloat16) {
  using R = Real<T>;
  const auto check = [](const ImageSize& size, const auto& device) {
    const BatchNormCase<T> c(size, true, true, true);
    std::vector<double> statistics(static_cast<std::size_t>(2 * size.c));
    auto own = scratch(channel_statistics_workspace_bytes<T>(device, size.pixels(), size.c));
    channel_statistics<T>(device, size.of(c.x), statistics.data(), own);
    struct Outputs {
      std::vector<T> y;
      std::vector<R> mean, invstd, running_mean, running_var;
      std::int64_t batches = 4;
    };
    const auto train = [&](const double* given) {
      Outputs out{std::vector<T>(c.x.size()), std::vector<R>(c.mean.size()),
                  std::vector<R>(c.mean.size()), c.running_mean, c.running_var};
      auto workspace = scratch(batch_norm_workspace_bytes<T>(device, size.pixels(), size.c));
      batch_norm_train<T>(
          device,
          {.x = size.of(c.x),
           .statistics = given,
           .weight = c.weight.data(),
           .bias = c.bias.data(),
           .residual = c.r.data(),
           .relu = true,
           .y = out.y.data(),
           .mean = out.mean.data(),
           .invstd = out.invstd.data()},
          {.mean = out.running_mean.data(), .var = out.running_var.data(), .batches = &out.batches},
          workspace);
      return out;
    };
    const Outputs given = train(statistics.data()), taken = train(nullptr);
    CHECK(same_bits(given.y, taken.y));
    CHECK(same_bits(given.mean, taken.mean));
    CHECK(same_bits(given.invstd, taken.invstd));
    CHECK(same_bits(given.running_mean, taken.running_mean));
    CHECK(same_bits(given.running_var, taken.running_var));
    CHECK(given.batches == 5);
    CHECK(taken.batches == 5);
    for (double& value : statistics) value += 1;
    CHECK_FALSE(same_bits(given.y, train(statistics.data()).y));
  };
  for (const ImageSize& size : image_sizes()) {
    CAPTURE(size.str());
    on_cpus<T>([&](const Cpu& cpu) { check(size, cpu); });
    on_gpus<T>([&](const Cuda& cuda) { check(size, cuda); });
  }
}

TEST_CASE("batch_norm: a mean a thousand times the deviation costs no digits") {
  const ImageSize s{1, 2, 100, 100};
  std::vector<float> x(static_cast<std::size_t>(s.numel()));
  const auto noise = uniform<double>("noise", s.numel());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(1000 + noise[i]);
  std::vector<double> wide = widened(x), mean(2), var(2);
  naive::batch_norm_moments(s.of(wide), mean.data(), var.data());
  const std::vector<float> one = {1, 1}, zero = {0, 0};
  std::vector<float> y(x.size()), mean_out(2), invstd(2);
  auto workspace = scratch(batch_norm_workspace_bytes<float>(Cpu{2}, s.pixels(), s.c));
  batch_norm_train<float>(Cpu{2},
                          {.x = s.of(x),
                           .weight = one.data(),
                           .bias = zero.data(),
                           .y = y.data(),
                           .mean = mean_out.data(),
                           .invstd = invstd.data()},
                          {}, workspace);
  for (std::size_t c = 0; c < 2; ++c) {
    CHECK(std::abs(invstd[c] * std::sqrt(var[c] + kEps) - 1) < kKernelFloat);
  }
}

TEST_CASE("batch_norm: on a GPU in bfloat16, y found again from x has the ReLU of the y stored") {
  const ImageSize s{2, 17, 9, 7};
  const auto x = uniform<bfloat16>("x", s.numel(), -1, 1), dy = uniform<bfloat16>("dy", s.numel());
  const auto weight = uniform<float>("weight", s.c, -1.5, 1.5);
  const auto bias = uniform<float>("bias", s.c, -0.1, 0.1);
  std::vector<float> mean(weight.size()), invstd(weight.size());
  std::vector<bfloat16> y(x.size());
  const Cuda gpu;
  auto workspace = scratch(batch_norm_workspace_bytes<bfloat16>(gpu, s.pixels(), s.c));
  batch_norm_train<bfloat16>(gpu,
                             {.x = s.of(x),
                              .weight = weight.data(),
                              .bias = bias.data(),
                              .relu = true,
                              .y = y.data(),
                              .mean = mean.data(),
                              .invstd = invstd.data()},
                             {}, workspace);
  const auto gradients = [&](const bfloat16* given_y, const float* given_bias) {
    std::vector<bfloat16> dx(x.size());
    std::vector<float> dbias(weight.size());
    batch_norm_backward<bfloat16>(gpu,
                                  {.x = s.of(x),
                                   .y = given_y,
                                   .dy = dy.data(),
                                   .weight = weight.data(),
                                   .bias = given_bias,
                                   .mean = mean.data(),
                                   .invstd = invstd.data(),
                                   .dx = dx.data(),
                                   .dbias = dbias.data()},
                                  workspace);
    return std::pair(dx, dbias);
  };
  const auto [dx, dbias] = gradients(y.data(), nullptr);
  const std::vector<bfloat16> nothing = filled<bfloat16>(s.numel(), -1);  // no y is positive in it
  const auto [dx_again, dbias_again] = gradients(nothing.data(), bias.data());
  CHECK(same_bits(dx, dx_again));
  CHECK(same_bits(dbias, dbias_again));
}

}  // namespace
}  // namespace fpanet::kernels
