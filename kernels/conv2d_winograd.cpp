#include "kernels/conv2d_winograd.hpp"

#include <algorithm>
#include <array>

#include "kernels/conv2d_winograd_job.hpp"
#include "kernels/parallel_workers.hpp"

namespace fpanet::kernels::winograd {
namespace {

constexpr Index kWorthwhileMacs = Index{1} << 27;

template <class T>
Job<T> backward_input_job(const Conv2dGeometry& g, const T* dy, T* dx) {
  const Index rows = divide_up(g.h, kWinogradTile), cols = divide_up(g.w, kWinogradTile);
  return {&winograd_kernels<T>().whole,
          WinogradImages<const T>::dense(dy, g.n, g.out_h(), g.out_w(), g.c_out, rows, cols,
                                         2 - g.padding),
          WinogradImages<T>::dense(dx, g.n, g.h, g.w, g.c_in, rows, cols, 0), g.n * rows * cols};
}

template <class T>
Job<T> forward_job_at(const Conv2dGeometry& g) {
  return forward_job<T>(g, nullptr, nullptr);
}

template <class T>
std::size_t job_workspace_bytes(const Cpu& cpu, const Job<T>& job, bool has_u) {
  const std::array parts{Part<T>{job}};
  return parts_workspace_bytes<T>(cpu, parts, has_u);
}

template <class T>
void run_job(const Cpu& cpu, const Part<T>& part, std::span<std::byte> workspace) {
  const std::array parts{part};
  run_parts<T>(cpu, parts, workspace);
}

}  // namespace

template <class T>
Job<T> forward_job(const Conv2dGeometry& g, const T* x, T* y) {
  const Index rows = divide_up(g.out_h(), kWinogradTile),
              cols = divide_up(g.out_w(), kWinogradTile);
  return {&winograd_kernels<T>().whole,
          WinogradImages<const T>::dense(x, g.n, g.h, g.w, g.c_in, rows, cols, g.padding),
          WinogradImages<T>::dense(y, g.n, g.out_h(), g.out_w(), g.c_out, rows, cols, 0),
          g.n * rows * cols};
}

bool supports_forward(const Conv2dGeometry& g) {
  return g.kernel_h == 3 && g.kernel_w == 3 && g.stride == 1 && g.padding <= 2 &&
         g.c_in % kWinogradChannels == 0;
}

bool supports(const Conv2dGeometry& g) {
  return supports_forward(g) && g.c_out % kWinogradChannels == 0;
}

bool is_worthwhile(const Conv2dGeometry& g) {
  return supports(g) && g.macs() >= kWorthwhileMacs;
}

bool is_worthwhile_beside_pairs(const Conv2dGeometry& g) {
  constexpr Index kChannels = 64;
  return is_worthwhile(g) && std::min(g.c_in, g.c_out) >= kChannels;
}

bool forward_is_worthwhile(const Conv2dGeometry& g) {
  Conv2dGeometry blocks = g;
  blocks.c_out = divide_up(g.c_out, kWinogradChannels) * kWinogradChannels;
  return supports_forward(g) && blocks.macs() >= kWorthwhileMacs;
}

template <class T>
std::size_t forward_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return job_workspace_bytes(cpu, forward_job_at<T>(g), false);
}

template <class T>
void forward(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* w,
             const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace) {
  run_job<T>(cpu, {forward_job(g, x, y), {.plain = {w, g.c_in}}, epilogue}, workspace);
}

template <class T>
Index prepared_numel(const Conv2dGeometry& g) {
  constexpr Index kMostTiles = 1024;  // making U costs as much as the products of some 50 tiles
  constexpr Index kPlaces = sizeof(float) / sizeof(T);
  const Job<T> job = forward_job_at<T>(g);
  return job.tiles <= kMostTiles ? kPlaces * job.u_numel() : 0;
}

template <class T>
void prepare(const Cpu& cpu, const Conv2dGeometry& g, const T* w, T* u) {
  make_u<T>(cpu, forward_job_at<T>(g), {w, g.c_in}, reinterpret_cast<float*>(u));
}

template <class T>
std::size_t forward_prepared_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return job_workspace_bytes(cpu, forward_job_at<T>(g), true);
}

template <class T>
void forward_prepared(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* u,
                      const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace) {
  run_job<T>(cpu, {forward_job(g, x, y), {.u = reinterpret_cast<const float*>(u)}, epilogue},
             workspace);
}

template <class T>
std::size_t backward_input_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return job_workspace_bytes(cpu, backward_input_job<T>(g, nullptr, nullptr), false);
}

template <class T>
void backward_input(const Cpu& cpu, const Conv2dGeometry& g, const T* dy, const T* w, T* dx,
                    Write write, std::span<std::byte> workspace) {
  run_job<T>(cpu, {backward_input_job(g, dy, dx), {.plain = {w, g.c_in, true}}, {}, write},
             workspace);
}

#define FPANET_INSTANTIATE(T)                                                                    \
  template Job<T> forward_job(const Conv2dGeometry&, const T*, T*);                              \
  template void forward(const Cpu&, const Conv2dGeometry&, const T*, const T*,                   \
                        const Conv2dEpilogue<T>&, T*, std::span<std::byte>);                     \
  template void backward_input(const Cpu&, const Conv2dGeometry&, const T*, const T*, T*, Write, \
                               std::span<std::byte>);                                            \
  template Index prepared_numel<T>(const Conv2dGeometry&);                                       \
  template void prepare(const Cpu&, const Conv2dGeometry&, const T*, T*);                        \
  template void forward_prepared(const Cpu&, const Conv2dGeometry&, const T*, const T*,          \
                                 const Conv2dEpilogue<T>&, T*, std::span<std::byte>);            \
  template std::size_t forward_prepared_workspace_bytes<T>(const Cpu&, const Conv2dGeometry&);   \
  template std::size_t forward_workspace_bytes<T>(const Cpu&, const Conv2dGeometry&);            \
  template std::size_t backward_input_workspace_bytes<T>(const Cpu&, const Conv2dGeometry&)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels::winograd
