#include "apps/fpanet_tool/machine_peak.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "engine/core/parallel.hpp"
#include "engine/core/tensor.hpp"
#include "kernels/conv2d_level.hpp"
#include "kernels/relu.hpp"

namespace fpanet {
namespace {

/// Shortest of five runs, in seconds.
template <class F>
double best_seconds(const F& run) {
  using Clock = std::chrono::steady_clock;
  double best = 1e30;
  for (int i = 0; i < 5; ++i) {
    const Clock::time_point start = Clock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

double measure_flops(const Cpu& cpu) {
  constexpr Index kRows = 48, kRun = 96, kProducts = 20'000;
  const kernels::Conv2dLevel<float>& level = kernels::conv2d_level<float>();
  const auto elements = [](Index count) { return static_cast<std::size_t>(count); };
  const double seconds = best_seconds([&] {
    parallel_for(cpu, cpu.threads, [&](Index) {
      std::vector<float> a(elements(kRows * kRun), 1.F), b(elements(kRun * level.width), 1.F);
      std::vector<float> c(elements(kRows * level.width));
      const kernels::GemmPanel<float> panel{.a = a.data(),
                                            .a_row = kRun,
                                            .b = b.data(),
                                            .b_k = level.width,
                                            .c = c.data(),
                                            .c_row = level.width,
                                            .m = kRows,
                                            .n = level.width,
                                            .run = kRun};
      for (Index i = 0; i < kProducts; ++i) level.multiply(panel);
    });
  });
  return 2.0 * kRows * kRun * kProducts * static_cast<double>(level.width) * cpu.threads / seconds;
}

double measure_bytes(const Cpu& cpu) {
  constexpr Index kElements = Index{32} << 20;
  const Tensor x = Tensor::zeros({kElements}, DType::f32),
               y = Tensor::zeros({kElements}, DType::f32);
  const double seconds =
      best_seconds([&] { kernels::relu<float>(cpu, x.span<float>(), y.span<float>()); });
  return static_cast<double>(x.bytes() + y.bytes()) / seconds;
}

}  // namespace

MachinePeak measure_machine_peak(const Cpu& cpu) {
  return {.flops = measure_flops(cpu), .bytes = measure_bytes(cpu)};
}

}  // namespace fpanet
