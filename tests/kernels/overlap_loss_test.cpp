#include "kernels/overlap_loss.hpp"

#include "kernels/naive/overlap_loss.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

/// Sums (3,C) of areas that overlap; every fifth class is absent.
std::vector<double> sums_of_areas(Index channels) {
  const auto count = static_cast<std::size_t>(channels);
  std::vector<double> sums = uniform<double>("areas", 3 * channels, 1, 3);
  for (std::size_t c = 0; c < count; ++c) {
    sums[c] *= 0.3;  // what is in both areas is less than either
    if (c % 5 == 4) sums[c] = sums[2 * count + c] = 0;
  }
  return sums;
}

TEST_CASE_TEMPLATE("overlap_loss against the definition; gradient against differences of it", T,
                   float, double, bfloat16) {
  using R = Real<T>;
  for (const Index channels : {1, 7, 600}) {  // 600: more than one kernel has arguments for
    CAPTURE(channels);
    std::vector<double> sums = sums_of_areas(channels);
    const auto weights = uniform<double>("weights", channels, 0, 2 / static_cast<double>(channels));
    using enum OverlapMeasure;
    for (const OverlapLossOptions& options : std::vector<OverlapLossOptions>{
             {.measure = dice, .weights = weights},
             {.measure = dice, .log_loss = true, .smooth = 1, .weights = weights},
             {.measure = jaccard, .weights = weights},
             {.measure = jaccard, .log_loss = true, .smooth = 0.5, .weights = weights},
             {.measure = tversky, .alpha = 0.3, .beta = 0.7, .gamma = 1.33, .weights = weights},
             {.measure = tversky, .alpha = 0, .beta = 2, .gamma = 0.5, .weights = weights}}) {
      CAPTURE(static_cast<int>(options.measure));
      double total = 0;
      check_assigned<R, T>({naive::overlap_loss(sums, options)}, tolerance<R>(),
                           [&](const auto& device, R* loss) {
                             overlap_loss<T>(device, sums.data(), options, loss, &total);
                           });

      std::vector<double> slopes;
      for (std::size_t i = 0; i < sums.size(); ++i) {
        const bool labels = i >= 2 * sums.size() / 3;  // have no gradient
        slopes.push_back(labels ? 0 : 0.5 * central_difference(sums[i], 1e-6, [&] {
                                        return naive::overlap_loss(sums, options);
                                      }));
      }
      const R dloss = R(0.5);
      check_written<double, T>(slopes, 1e-8, [&](const auto& device, double* dsums, Write write) {
        overlap_loss_backward<T>(device, sums.data(), &total, &dloss, options, dsums, write);
      });
    }
  }
}

TEST_CASE("overlap_loss of a perfect batch has no gradient under a root") {
  const std::vector<double> sums = {3, 3, 3};
  const OverlapLossOptions options{
      .measure = OverlapMeasure::tversky, .gamma = 0.5, .weights = {1}};
  double loss = 1, total = 1;
  const double dloss = 1;
  std::vector<double> dsums(3, 7);
  overlap_loss<double>(Cpu{1}, sums.data(), options, &loss, &total);
  overlap_loss_backward<double>(Cpu{1}, sums.data(), &total, &dloss, options, dsums.data(),
                                Write::assign);
  CHECK(loss == 0);
  CHECK(dsums == std::vector<double>{0, 0, 0});
}

}  // namespace
}  // namespace fpanet::kernels
