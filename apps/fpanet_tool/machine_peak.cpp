#include "apps/fpanet_tool/machine_peak.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "engine/core/parallel.hpp"
#include "engine/core/rng.hpp"
#include "engine/core/stream.hpp"
#include "engine/core/tensor_view.hpp"
#include "kernels/add.hpp"
#include "kernels/conv2d_level.hpp"
#include "kernels/matmul.hpp"
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

/// Shortest of some runs in seconds of the card, which warms up on the first ones.
template <class F>
double best_seconds(const Cuda& cuda, const F& enqueue) {
  Mark start(cuda, true), end(cuda, true);
  double best = 1e30;
  for (int i = 0; i < 10; ++i) {
    start.record();
    enqueue();
    end.record();
    synchronize(cuda);
    best = std::min(best, end.seconds_since(start));
  }
  return best;
}

/// Of a product of square matrices: random, for a card that multiplies zeros runs faster.
template <class T>
double measure_flops(const Cuda& cuda, DType dtype) {
  constexpr Index kSize = 4096;
  const Tensor numbers = Tensor::empty({1, kSize, kSize}, DType::f32);
  Rng rng(1);
  for (float& number : numbers.span<float>()) number = static_cast<float>(rng.uniform(-1, 1));
  const Device device = Device::cuda(cuda.index);
  const Tensor a = numbers.cast(dtype).to(device);
  const Tensor c = Tensor::empty(a.shape(), dtype, device);
  const auto in = matrices<const T>(a);
  const auto out = matrices<T>(c);
  constexpr kernels::Product kProduct = kernels::Product::abt;
  const auto bytes =
      static_cast<Index>(kernels::matmul_workspace_bytes<T>(cuda, kProduct, in, in, out));
  const Tensor workspace = Tensor::empty({std::max<Index>(1, bytes)}, DType::u8, device);
  const double seconds = best_seconds(cuda, [&] {
    kernels::matmul<T>(cuda, kProduct, in, in, out, Write::assign,
                       {workspace.raw(), workspace.bytes()});
  });
  return 2.0 * kSize * kSize * kSize / seconds;
}

double measure_bytes(const Cuda& cuda) {
  constexpr Index kElements = Index{128} << 20;
  const Device device = Device::cuda(cuda.index);
  const Tensor x = Tensor::zeros({kElements}, DType::f32, device),
               y = Tensor::empty({kElements}, DType::f32, device);
  const double seconds = best_seconds(
      cuda, [&] { kernels::copy<float>(cuda, x.span<float>(), y.span<float>(), Write::assign); });
  return static_cast<double>(x.bytes() + y.bytes()) / seconds;
}

}  // namespace

MachinePeak measure_machine_peak(const Cpu& cpu) {
  return {.flops = measure_flops(cpu), .bytes = measure_bytes(cpu)};
}

MachinePeak measure_machine_peak(const Cuda& cuda, DType dtype) {
  const double flops = dtype == DType::bf16 ? measure_flops<bfloat16>(cuda, dtype)
                                            : measure_flops<float>(cuda, dtype);
  return {.flops = flops, .bytes = measure_bytes(cuda)};
}

}  // namespace fpanet
