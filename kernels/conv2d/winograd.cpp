#include "kernels/conv2d/winograd.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "kernels/base/parallel_workers.hpp"
#include "kernels/conv2d/winograd_u.hpp"

namespace fpanet::kernels::winograd {
namespace {

template <class T, Index kTile>
const WinogradForm<T>& form() {
  static_assert(kTile == 2 || kTile == 4 || kTile == 5);
  const WinogradKernels<T>& kernels = winograd_kernels<T>();
  return kTile == 2 ? kernels.small : kTile == 4 ? kernels.whole : kernels.large;
}

template <class T, Index kTile>
Job<T> forward_job(const Conv2dGeometry& g, const T* x, T* y) {
  const Index rows = divide_up(g.out_h(), kTile), cols = divide_up(g.out_w(), kTile);
  return {&form<T, kTile>(),
          WinogradImages<const T>::dense(x, g.n, g.h, g.w, g.c_in, rows, cols, g.padding, kTile),
          WinogradImages<T>::dense(y, g.n, g.out_h(), g.out_w(), g.c_out, rows, cols, 0, kTile),
          g.n * rows * cols};
}

template <class T, Index kTile>
Job<T> backward_input_job(const Conv2dGeometry& g, const T* dy, T* dx) {
  const Index rows = divide_up(g.h, kTile), cols = divide_up(g.w, kTile);
  return {&form<T, kTile>(),
          WinogradImages<const T>::dense(dy, g.n, g.out_h(), g.out_w(), g.c_out, rows, cols,
                                         2 - g.padding, kTile),
          WinogradImages<T>::dense(dx, g.n, g.h, g.w, g.c_in, rows, cols, 0, kTile),
          g.n * rows * cols};
}

template <class T, Index kTile>
Job<T> forward_job_at(const Conv2dGeometry& g) {
  return forward_job<T, kTile>(g, nullptr, nullptr);
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

constexpr Index kWorthwhileMacs = Index{1} << 27;

// The tile size, of `tiles`, with the fewest operations for n images of h x w outputs.
Index cheapest(std::initializer_list<Index> tiles, Index n, Index h, Index w) {
  // The products of this many tiles take as long as computing U or reading it from memory.
  constexpr Index kTilesOfU = 10;
  return *std::ranges::min_element(tiles, {}, [&](Index m) {
    return (m + 2) * (m + 2) * (n * divide_up(h, m) * divide_up(w, m) + kTilesOfU);
  });
}

}  // namespace

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

Index forward_tile(const Conv2dGeometry& g) {
  return cheapest({4, 2}, g.n, g.out_h(), g.out_w());
}

Index backward_input_tile(const Conv2dGeometry& g) {
  return cheapest({4, 2}, g.n, g.h, g.w);
}

Index prepared_tile(const Conv2dGeometry& g) {
  return cheapest({4, 2, 5}, g.n, g.out_h(), g.out_w());
}

template <class T, Index kTile>
std::size_t forward_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return job_workspace_bytes(cpu, forward_job_at<T, kTile>(g), false);
}

template <class T, Index kTile>
void forward(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* w,
             const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace) {
  run_job<T>(cpu, {forward_job<T, kTile>(g, x, y), {.plain = {w, g.c_in}}, epilogue}, workspace);
}

template <class T, Index kTile>
Index prepared_numel(const Conv2dGeometry& g) {
  constexpr Index kPlaces = sizeof(float) / sizeof(T);
  return kPlaces * forward_job_at<T, kTile>(g).u_numel();
}

template <class T, Index kTile>
void prepare(const Cpu& cpu, const Conv2dGeometry& g, const T* w, T* u) {
  make_u<T>(cpu, forward_job_at<T, kTile>(g), {w, g.c_in}, reinterpret_cast<float*>(u));
}

template <class T, Index kTile>
std::size_t forward_prepared_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return job_workspace_bytes(cpu, forward_job_at<T, kTile>(g), true);
}

template <class T, Index kTile>
void forward_prepared(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* u,
                      const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace) {
  run_job<T>(cpu,
             {forward_job<T, kTile>(g, x, y), {.u = reinterpret_cast<const float*>(u)}, epilogue},
             workspace);
}

template <class T, Index kTile>
std::size_t backward_input_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return job_workspace_bytes(cpu, backward_input_job<T, kTile>(g, nullptr, nullptr), false);
}

template <class T, Index kTile>
void backward_input(const Cpu& cpu, const Conv2dGeometry& g, const T* dy, const T* w, T* dx,
                    Write write, std::span<std::byte> workspace) {
  run_job<T>(cpu,
             {backward_input_job<T, kTile>(g, dy, dx), {.plain = {w, g.c_in, true}}, {}, write},
             workspace);
}

#define FPANET_INSTANTIATE(T, kTile)                                                              \
  template void forward<T, kTile>(const Cpu&, const Conv2dGeometry&, const T*, const T*,          \
                                  const Conv2dEpilogue<T>&, T*, std::span<std::byte>);            \
  template void backward_input<T, kTile>(const Cpu&, const Conv2dGeometry&, const T*, const T*,   \
                                         T*, Write, std::span<std::byte>);                        \
  template Index prepared_numel<T, kTile>(const Conv2dGeometry&);                                 \
  template void prepare<T, kTile>(const Cpu&, const Conv2dGeometry&, const T*, T*);               \
  template void forward_prepared<T, kTile>(const Cpu&, const Conv2dGeometry&, const T*, const T*, \
                                           const Conv2dEpilogue<T>&, T*, std::span<std::byte>);   \
  template std::size_t forward_prepared_workspace_bytes<T, kTile>(const Cpu&,                     \
                                                                  const Conv2dGeometry&);         \
  template std::size_t forward_workspace_bytes<T, kTile>(const Cpu&, const Conv2dGeometry&);      \
  template std::size_t backward_input_workspace_bytes<T, kTile>(const Cpu&, const Conv2dGeometry&)
FPANET_INSTANTIATE(float, 2);
FPANET_INSTANTIATE(float, 4);
FPANET_INSTANTIATE(float, 5);
FPANET_INSTANTIATE(bfloat16, 2);
FPANET_INSTANTIATE(bfloat16, 4);
FPANET_INSTANTIATE(bfloat16, 5);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels::winograd
