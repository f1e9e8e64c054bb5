#include "apps/fpanet_tool/machine_peak.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "engine/core/parallel.hpp"
#include "engine/core/rng.hpp"
#include "engine/core/stream.hpp"
#include "engine/core/tensor_view.hpp"
#include "kernels/add.hpp"
#include "kernels/conv2d/inner_loops.hpp"
#include "kernels/gemm/pairs.hpp"
#include "kernels/matmul.hpp"
#include "kernels/relu.hpp"

namespace fpanet {
namespace {

/// The time of the fastest of five runs, in seconds.
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

constexpr Index kRows = 48, kRun = 96;  // sizes of a product whose factors stay in L1

std::size_t elements(Index count) {
  return static_cast<std::size_t>(count);
}

/// Measures products with `width` columns by running multiply_often(times) on every thread.
template <class Multiply>
double flops_of_products(const Cpu& cpu, Index width, const Multiply& multiply_often) {
  constexpr Index kProducts = 20'000;
  const double seconds = best_seconds(
      [&] { parallel_for(cpu, cpu.threads, [&](Index) { multiply_often(kProducts); }); });
  return 2.0 * kRows * kRun * kProducts * static_cast<double>(width) * cpu.threads / seconds;
}

double measure_float_flops(const Cpu& cpu) {
  const kernels::Conv2dInnerLoops<float>& loops = kernels::conv2d_inner_loops<float>();
  return flops_of_products(cpu, loops.width, [&](Index times) {
    std::vector<float> a(elements(kRows * kRun), 1.F), b(elements(kRun * loops.width), 1.F);
    std::vector<float> c(elements(kRows * loops.width));
    const kernels::GemmPanel<float> panel{.a = a.data(),
                                          .a_row = kRun,
                                          .b = b.data(),
                                          .b_k = loops.width,
                                          .c = c.data(),
                                          .c_row = loops.width,
                                          .m = kRows,
                                          .n = loops.width,
                                          .run = kRun};
    for (Index i = 0; i < times; ++i) loops.multiply(panel);
  });
}

double measure_pair_flops(const Cpu& cpu) {
  const kernels::GemmPairs& pairs = kernels::gemm_pairs();
  return flops_of_products(cpu, pairs.width, [&](Index times) {
    const bfloat16 one(1.F);
    std::vector<bfloat16> a(elements(kRows * kRun), one), b(elements(kRun * pairs.width), one);
    std::vector<bfloat16> c(elements(kRows * pairs.width));
    const kernels::PairsToBf16 product{.factors = {.a = a.data(),
                                                   .a_row = kRun,
                                                   .b = b.data(),
                                                   .b_k = 2 * pairs.width,
                                                   .m = kRows,
                                                   .n = pairs.width,
                                                   .run = kRun / 2},
                                       .c = c.data(),
                                       .c_row = pairs.width};
    for (Index i = 0; i < times; ++i) pairs.multiply(product);
  });
}

double measure_bytes(const Cpu& cpu) {
  constexpr Index kElements = Index{32} << 20;
  const Tensor x = Tensor::zeros({kElements}, DType::f32),
               y = Tensor::zeros({kElements}, DType::f32);
  const double seconds =
      best_seconds([&] { kernels::relu<float>(cpu, x.span<float>(), y.span<float>()); });
  return static_cast<double>(x.bytes() + y.bytes()) / seconds;
}

/// The time of the fastest of ten runs, in seconds on the GPU. The first runs warm it up.
template <class F>
double best_seconds(const Cuda& cuda, const F& enqueue) {
  Event start(cuda, true), end(cuda, true);
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

/// Measures a product of square matrices. They are random, because a GPU runs faster on zeros.
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

MachinePeak measure_machine_peak(const Cpu& cpu, DType dtype) {
  const double flops = dtype == DType::bf16 ? measure_pair_flops(cpu) : measure_float_flops(cpu);
  return {.flops = flops, .bytes = measure_bytes(cpu)};
}

MachinePeak measure_machine_peak(const Cuda& cuda, DType dtype) {
  const double flops = dtype == DType::bf16 ? measure_flops<bfloat16>(cuda, dtype)
                                            : measure_flops<float>(cuda, dtype);
  return {.flops = flops, .bytes = measure_bytes(cuda)};
}

}  // namespace fpanet
