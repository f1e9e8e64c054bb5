// Stands for cuDNN in tests of programs on an emulated GPU: the CPU's convolutions on the same numbers in
// float, rounded where cuDNN rounds.

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "kernels/bias_add.hpp"
#include "kernels/channel_statistics.hpp"
#include "kernels/conv2d/instances.hpp"
#include "tests/support/emulated_conv2d.hpp"

namespace fpanet {

test::EmulatedPlanning& test::emulated_planning() {
  static EmulatedPlanning planning;
  return planning;
}

namespace kernels {
namespace {

using test::emulated_planning;

std::string pass_of(Conv2dPass pass, const Conv2dGeometry& g) {
  const char* const names[] = {"forward", "backward_input", "backward_weight"};
  return fmt::format("{} x={},{},{},{} w={},{}", names[static_cast<int>(pass)], g.n, g.c_in, g.h,
                     g.w, g.c_out, g.kernel_h);
}

void ask(Conv2dPass pass, const Conv2dGeometry& g) {
  test::EmulatedPlanning& planning = emulated_planning();
  if (planning.asked.empty()) planning.announced_before_first_asked = planning.announced.size();
  planning.asked.push_back(pass_of(pass, g));
}

template <class T>
std::vector<float> widened(const T* values, Index count) {
  std::vector<float> wide(static_cast<std::size_t>(count));
  for (Index i = 0; i < count; ++i)
    wide[static_cast<std::size_t>(i)] = static_cast<float>(values[i]);
  return wide;
}

template <class T>
void write_rounded(const std::vector<float>& values, T* to, Write write) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    to[i] =
        static_cast<T>(write == Write::assign ? values[i] : static_cast<float>(to[i]) + values[i]);
  }
}

std::vector<float> floats(Index count) {
  return std::vector<float>(static_cast<std::size_t>(count));
}

const Cpu cpu{default_threads()};

}  // namespace

std::string_view conv2d_implementation(const Cuda&, Conv2dPass, const Conv2dGeometry&, DType,
                                       Conv2dEpilogueParts) {
  return "emulated";
}

void conv2d_announce(const Cuda&, Conv2dPass pass, const Conv2dGeometry& g, DType,
                     Conv2dEpilogueParts) {
  emulated_planning().announced.push_back(pass_of(pass, g));
}

template <class T>
void conv2d(const Cuda& cuda, const Conv2dGeometry& g, const T* x, const T* w,
            const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace) {
  const Index outputs = g.output_pixels() * g.c_out;
  const auto wide_x = widened(x, g.input_pixels() * g.c_in), wide_w = widened(w, g.weight_numel());
  const auto residual = widened(epilogue.residual, epilogue.residual != nullptr ? outputs : 0);
  const Conv2dEpilogue<float> in_float{
      .bias = epilogue.bias,
      .residual = epilogue.residual != nullptr ? residual.data() : nullptr,
      .relu = epilogue.relu};
  std::vector<std::byte> own(conv2d_workspace_bytes<float>(cpu, g, in_float.parts()));
  auto result = floats(outputs);
  conv2d<float>(cpu, g, wide_x.data(), wide_w.data(), in_float, result.data(), own);
  write_rounded(result, y, Write::assign);
  if (epilogue.statistics == nullptr) return;
  channel_statistics<T>(cuda, {y, g.n, g.c_out, g.out_h(), g.out_w()}, epilogue.statistics,
                        workspace);
}

template <class T>
void conv2d_backward_input(const Cuda&, const Conv2dGeometry& g, const T* dy, const T* w, T* dx,
                           Write write, std::span<std::byte>) {
  const auto wide_dy = widened(dy, g.output_pixels() * g.c_out);
  const auto wide_w = widened(w, g.weight_numel());
  std::vector<std::byte> workspace(conv2d_backward_input_workspace_bytes<float>(cpu, g));
  auto result = floats(g.input_pixels() * g.c_in);
  conv2d_backward_input<float>(cpu, g, wide_dy.data(), wide_w.data(), result.data(), Write::assign,
                               workspace);
  write_rounded(result, dx, write);
}

template <class T>
void conv2d_backward_weight(const Cuda&, const Conv2dGeometry& g, const T* x, const T* dy,
                            Real<T>* dw, Write write, std::span<std::byte>) {
  const auto wide_x = widened(x, g.input_pixels() * g.c_in);
  const auto wide_dy = widened(dy, g.output_pixels() * g.c_out);
  std::vector<std::byte> workspace(conv2d_backward_weight_workspace_bytes<float>(cpu, g));
  auto result = floats(g.weight_numel());
  conv2d_backward_weight<float>(cpu, g, wide_x.data(), wide_dy.data(), result.data(), Write::assign,
                                workspace);
  for (float& value : result) value = static_cast<float>(static_cast<T>(value));
  write_rounded(result, dw, write);
}

template <class T>
void conv2d_backward_bias(const Cuda& cuda, const Conv2dGeometry& g, const T* dy, Real<T>* db,
                          Write write, std::span<std::byte> workspace) {
  bias_gradient<T>(cuda, {dy, 1, g.output_pixels(), g.c_out}, db, write, workspace);
}

template <class T>
std::size_t conv2d_workspace_bytes(const Cuda& cuda, const Conv2dGeometry& g,
                                   Conv2dEpilogueParts epilogue) {
  ask(Conv2dPass::forward, g);
  if (!epilogue.statistics) return 0;
  return channel_statistics_workspace_bytes<T>(cuda, g.output_pixels(), g.c_out);
}

template <class T>
std::size_t conv2d_backward_input_workspace_bytes(const Cuda&, const Conv2dGeometry& g) {
  ask(Conv2dPass::backward_input, g);
  return 0;
}

template <class T>
std::size_t conv2d_backward_weight_workspace_bytes(const Cuda&, const Conv2dGeometry& g) {
  ask(Conv2dPass::backward_weight, g);
  return 0;
}

template <class T>
std::size_t conv2d_backward_bias_workspace_bytes(const Cuda& cuda, const Conv2dGeometry& g) {
  return bias_gradient_workspace_bytes<T>(cuda, g.output_pixels(), g.c_out);
}

FPANET_INSTANTIATE_CONV2D(Cuda, float);
FPANET_INSTANTIATE_CONV2D(Cuda, bfloat16);

}  // namespace kernels
}  // namespace fpanet
