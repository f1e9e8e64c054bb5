#include "kernels/conv2d_winograd.hpp"

#include <array>

#include "kernels/conv2d_winograd_job.hpp"
#include "kernels/parallel_workers.hpp"

namespace fpanet::kernels::winograd {
namespace {

using Source = WinogradImages<const float>;
using Target = WinogradImages<float>;

Job backward_input_job(const Conv2dGeometry& g, const float* dy, float* dx) {
  const Index rows = divide_up(g.h, kWinogradTile), cols = divide_up(g.w, kWinogradTile);
  return {&conv2d_level<float>().winograd.whole,
          Source::dense(dy, g.n, g.out_h(), g.out_w(), g.c_out, rows, cols, 2 - g.padding),
          Target::dense(dx, g.n, g.h, g.w, g.c_in, rows, cols, 0), g.n * rows * cols};
}

}  // namespace

Job forward_job(const Conv2dGeometry& g, const float* x, float* y) {
  const Index rows = divide_up(g.out_h(), kWinogradTile),
              cols = divide_up(g.out_w(), kWinogradTile);
  return {&conv2d_level<float>().winograd.whole,
          Source::dense(x, g.n, g.h, g.w, g.c_in, rows, cols, g.padding),
          Target::dense(y, g.n, g.out_h(), g.out_w(), g.c_out, rows, cols, 0), g.n * rows * cols};
}

bool supports(const Conv2dGeometry& g) {
  return g.kernel_h == 3 && g.kernel_w == 3 && g.stride == 1 && g.padding <= 2 &&
         g.c_in % kWinogradChannels == 0 && g.c_out % kWinogradChannels == 0;
}

bool is_worthwhile(const Conv2dGeometry& g) {
  constexpr Index kWorthwhileMacs = Index{1} << 27;
  return supports(g) && g.macs() >= kWorthwhileMacs;
}

std::size_t forward_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return parts_workspace_bytes(cpu, std::array{Part{forward_job(g, nullptr, nullptr)}}, false);
}

void forward(const Cpu& cpu, const Conv2dGeometry& g, const float* x, const float* w,
             const Conv2dEpilogue<float>& epilogue, float* y, std::span<std::byte> workspace) {
  run_parts(cpu, std::array{Part{forward_job(g, x, y), {.plain = {w, g.c_in}}, epilogue}},
            workspace);
}

Index prepared_numel(const Conv2dGeometry& g) {
  constexpr Index kMostTiles = 1024;  // making U costs as much as the products of some 50 tiles
  const Job job = forward_job(g, nullptr, nullptr);
  return job.tiles <= kMostTiles ? job.u_numel() : 0;
}

void prepare(const Cpu& cpu, const Conv2dGeometry& g, const float* w, float* u) {
  make_u(cpu, forward_job(g, nullptr, nullptr), {w, g.c_in}, u);
}

std::size_t forward_prepared_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return parts_workspace_bytes(cpu, std::array{Part{forward_job(g, nullptr, nullptr)}}, true);
}

void forward_prepared(const Cpu& cpu, const Conv2dGeometry& g, const float* x, const float* u,
                      const Conv2dEpilogue<float>& epilogue, float* y,
                      std::span<std::byte> workspace) {
  run_parts(cpu, std::array{Part{forward_job(g, x, y), {.u = u}, epilogue}}, workspace);
}

std::size_t backward_input_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return parts_workspace_bytes(cpu, std::array{Part{backward_input_job(g, nullptr, nullptr)}},
                               false);
}

void backward_input(const Cpu& cpu, const Conv2dGeometry& g, const float* dy, const float* w,
                    float* dx, Write write, std::span<std::byte> workspace) {
  run_parts(
      cpu, std::array{Part{backward_input_job(g, dy, dx), {.plain = {w, g.c_in, true}}, {}, write}},
      workspace);
}

}  // namespace fpanet::kernels::winograd
