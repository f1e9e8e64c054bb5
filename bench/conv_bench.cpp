// Measures the convolutions of FPA-Net (ResNet-34 encoder). Prints one line per shape, with time
// and GFLOP/s of every pass. GFLOP/s always count the operations of the direct convolution, so that
// an algorithm with fewer operations shows as faster.

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "engine/core/tensor.hpp"
#include "kernels/conv2d.hpp"
#include "kernels/simd/cpu_isa.hpp"

namespace fpanet {
namespace {

using kernels::Conv2dGeometry;
using kernels::Conv2dPass;

struct Layer {
  std::string name;
  Index count;  // number of such layers in the model
  Index c_in, c_out, kernel, stride;
  Index reduction;  // the input map is size / reduction pixels wide
};

const std::vector<Layer> kLayers{
    {"stem", 1, 3, 64, 7, 2, 1},
    {"layer1", 6, 64, 64, 3, 1, 4},
    {"layer2 in", 1, 64, 128, 3, 2, 4},
    {"layer2", 7, 128, 128, 3, 1, 8},
    {"layer2 skip", 1, 64, 128, 1, 2, 4},
    {"layer3 in", 1, 128, 256, 3, 2, 8},
    {"layer3", 11, 256, 256, 3, 1, 16},
    {"layer3 skip", 1, 128, 256, 1, 2, 8},
    {"layer4 in", 1, 256, 512, 3, 2, 16},
    {"layer4", 5, 512, 512, 3, 1, 32},
    {"layer4 skip", 1, 256, 512, 1, 2, 16},
    {"pab", 2, 512, 512, 3, 1, 32},
    {"pab key", 2, 512, 64, 1, 1, 32},
    {"decoder0 in", 1, 768, 256, 3, 1, 16},
    {"decoder0", 1, 256, 256, 3, 1, 16},
    {"decoder1 in", 1, 384, 128, 3, 1, 8},
    {"decoder1", 1, 128, 128, 3, 1, 8},
    {"decoder2 in", 1, 192, 64, 3, 1, 4},
    {"decoder2", 1, 64, 64, 3, 1, 4},
    {"decoder3 in", 1, 128, 32, 3, 1, 2},
    {"decoder3", 1, 32, 32, 3, 1, 2},
    {"decoder4 in", 1, 32, 16, 3, 1, 1},
    {"decoder4", 1, 16, 16, 3, 1, 1},
    {"head", 1, 16, 7, 3, 1, 1},
};

Conv2dGeometry geometry(const Layer& layer, Index batch, Index size) {
  const Index side = size / layer.reduction;
  return {batch,        layer.c_in,      side, side, layer.c_out, layer.kernel, layer.kernel,
          layer.stride, layer.kernel / 2};
}

struct Options {
  Index batch = 8, size = 320;
  int threads = 2, repeats = 5;
  bool cpu_time = false;
  std::string precision = "fp32";
  std::string filter;
};

// Wall time in seconds, or the CPU time of the process, which is less sensitive to other load.
double now(bool cpu_time) {
  if (cpu_time) return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(since_start).count();
}

// The sorted times of the repeats in seconds, measured after one run that warms up the caches.
template <class F>
std::vector<double> measure(const Options& options, F&& f) {
  f();
  std::vector<double> seconds;
  for (int i = 0; i < options.repeats; ++i) {
    const double start = now(options.cpu_time);
    f();
    seconds.push_back(now(options.cpu_time) - start);
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds;
}

struct Totals {
  double seconds = 0, flops = 0;
};

template <class T>
void run(const Options& options) {
  const Cpu cpu{options.threads};
  constexpr std::array kPasses{Conv2dPass::forward, Conv2dPass::backward_input,
                               Conv2dPass::backward_weight};
  constexpr std::array kPassNames{"forward", "backward input", "backward weight"};
  std::array<Totals, 3> totals;
  fmt::print("{} threads, {}, {}, batch {}, {}x{}; GFLOP/s by the direct count, median (best)\n",
             options.threads, name_of(kernels::cpu_isa()), options.precision, options.batch,
             options.size, options.size);
  for (const Layer& layer : kLayers) {
    if (layer.name.find(options.filter) == std::string::npos) continue;
    const Conv2dGeometry g = geometry(layer, options.batch, options.size);
    const std::size_t bytes = std::max({conv2d_workspace_bytes<T>(cpu, g, {}),
                                        conv2d_backward_input_workspace_bytes<T>(cpu, g),
                                        conv2d_backward_weight_workspace_bytes<T>(cpu, g)});
    const auto storage = Storage::allocate(bytes, Device::cpu());
    const std::span<std::byte> workspace(storage->data(), bytes);
    const Tensor x = Tensor::empty({g.n, g.c_in, g.h, g.w}, dtype_v<T>);
    const Tensor w = Tensor::empty({g.c_out, g.c_in, g.kernel_h, g.kernel_w}, dtype_v<T>);
    const Tensor y = Tensor::empty({g.n, g.c_out, g.out_h(), g.out_w()}, dtype_v<T>);
    const Tensor dw = Tensor::empty(w.shape(), dtype_v<kernels::Real<T>>);
    std::fill_n(x.data<T>(), x.numel(), T(0.5f));
    std::fill_n(w.data<T>(), w.numel(), T(0.25f));
    std::fill_n(y.data<T>(), y.numel(), T(1.0f));
    const auto run_pass = [&](Conv2dPass pass) {
      T *px = x.data<T>(), *pw = w.data<T>(), *py = y.data<T>();
      switch (pass) {
        case Conv2dPass::forward:
          return conv2d<T>(cpu, g, px, pw, {}, py, workspace);
        case Conv2dPass::backward_input:
          return conv2d_backward_input<T>(cpu, g, py, pw, px, Write::assign, workspace);
        case Conv2dPass::backward_weight:
          return conv2d_backward_weight<T>(cpu, g, px, py, dw.data<kernels::Real<T>>(),
                                           Write::assign, workspace);
      }
    };
    fmt::print("{:<12} {:>4}->{:<4} {}x{}/{} @{:<4}", layer.name, g.c_in, g.c_out, g.kernel_h,
               g.kernel_w, g.stride, g.h);
    for (std::size_t i = 0; i < kPasses.size(); ++i) {
      const std::vector<double> seconds = measure(options, [&] { run_pass(kPasses[i]); });
      const double flops = 2.0 * static_cast<double>(g.macs());
      const double median = seconds[seconds.size() / 2];
      fmt::print("  {:<8} {:8.2f} ms {:6.1f} ({:6.1f})",
                 conv2d_implementation(cpu, kPasses[i], g, dtype_v<T>), median * 1e3,
                 flops / median * 1e-9, flops / seconds[0] * 1e-9);
      totals[i].seconds += median * static_cast<double>(layer.count);
      totals[i].flops += flops * static_cast<double>(layer.count);
    }
    fmt::print("\n");
    std::fflush(stdout);
  }
  for (std::size_t i = 0; i < kPasses.size(); ++i) {
    fmt::print("all {:<16} {:8.1f} ms {:6.1f} GFLOP/s\n", kPassNames[i], totals[i].seconds * 1e3,
               totals[i].flops / totals[i].seconds * 1e-9);
  }
}

}  // namespace
}  // namespace fpanet

int main(int argc, char** argv) {
  fpanet::Options options;
  options.threads = fpanet::default_threads();
  CLI::App app("Speed of FPA-Net's convolutions on the CPU");
  app.add_option("--batch", options.batch, "images")->check(CLI::PositiveNumber);
  app.add_option("--size", options.size, "height and width of an image in pixels")
      ->check(CLI::Range(32, 4096));
  app.add_option("--threads", options.threads)->check(CLI::PositiveNumber);
  app.add_option("--repeats", options.repeats, "timed runs")->check(CLI::PositiveNumber);
  app.add_flag("--cpu-time", options.cpu_time, "CPU time, not wall time (with --threads 1)");
  app.add_option("--precision", options.precision, "precision of activations and weights")
      ->check(CLI::IsMember({"fp32", "bf16"}));
  app.add_option("--filter", options.filter, "only layers whose name contains this");
  CLI11_PARSE(app, argc, argv);
  try {
    options.precision == "bf16" ? fpanet::run<fpanet::bfloat16>(options)
                                : fpanet::run<float>(options);
  } catch (const fpanet::Error& error) {
    fmt::print(stderr, "conv_bench: {}\n", error.what());
    return 1;
  }
}
