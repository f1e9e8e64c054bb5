#include "kernels/conv2d_upsampled.hpp"

#include <cassert>
#include <type_traits>

#include "kernels/base/scratch.hpp"
#include "kernels/conv2d/winograd_phases.hpp"
#include "kernels/upsample2x.hpp"

namespace fpanet::kernels {

namespace phases = winograd::phases;

bool conv2d_upsampled_is_worthwhile(const Cpu&, const UpsampledGeometry& g) {
  return phases::is_worthwhile(g);
}

Index conv2d_upsampled_prepared_numel(const Cpu&, const UpsampledGeometry& g) {
  return phases::is_worthwhile(g) ? phases::u_numel(g) : 0;
}

void conv2d_upsampled_prepare(const Cpu& cpu, const UpsampledGeometry& g, const float* w,
                              float* prepared) {
  phases::make_u(cpu, g, w, prepared);
}

void conv2d_upsampled_prepared(const Cpu& cpu, const UpsampledGeometry& g, const float* x,
                               const float* skip, const float* prepared,
                               const Conv2dEpilogue<float>& epilogue, float* y,
                               std::span<std::byte> workspace) {
  phases::run(cpu, g, x, skip, prepared, epilogue, y, workspace);
}

std::size_t conv2d_upsampled_prepared_workspace_bytes(const Cpu& cpu, const UpsampledGeometry& g) {
  return phases::workspace_bytes(cpu, g);
}

template <class T>
void conv2d_upsampled(const Cpu& cpu, const UpsampledGeometry& g, const T* x, const T* skip,
                      const T* w, const Conv2dEpilogue<T>& epilogue, T* y,
                      std::span<std::byte> workspace) {
  const Conv2dGeometry& whole = g.whole;
  Scratch scratch(workspace);
  if constexpr (std::is_same_v<T, float>) {
    if (phases::is_worthwhile(g)) {
      float* const u = scratch.take<float>(phases::u_numel(g));
      phases::make_u(cpu, g, w, u);
      return phases::run(cpu, g, x, skip, u, epilogue, y, scratch.rest());
    }
  }
  T* const source = scratch.take<T>(whole.input_pixels() * whole.c_in);
  upsample2x_concat<T>(cpu, {x, whole.n, g.up_channels, whole.h / 2, whole.w / 2},
                       {skip, whole.n, g.skip_channels(), whole.h, whole.w},
                       View<T>{source, whole.n, whole.c_in, whole.h, whole.w});
  conv2d<T>(cpu, whole, source, w, epilogue, y, scratch.rest());
}

template <class T>
std::size_t conv2d_upsampled_workspace_bytes(const Cpu& cpu, const UpsampledGeometry& g) {
  if (std::is_same_v<T, float> && phases::is_worthwhile(g)) {
    return scratch_bytes<float>(phases::u_numel(g)) + phases::workspace_bytes(cpu, g);
  }
  return kScratchAlignment + scratch_bytes<T>(g.whole.input_pixels() * g.whole.c_in) +
         conv2d_workspace_bytes<T>(cpu, g.whole, {});
}

template <class T>
std::string_view conv2d_upsampled_implementation(const Cpu&, const UpsampledGeometry& g) {
  return std::is_same_v<T, float> && phases::is_worthwhile(g) ? "winograd phases" : "enlarged";
}

#define FPANET_INSTANTIATE(T)                                                                     \
  template void conv2d_upsampled(const Cpu&, const UpsampledGeometry&, const T*, const T*,        \
                                 const T*, const Conv2dEpilogue<T>&, T*, std::span<std::byte>);   \
  template std::size_t conv2d_upsampled_workspace_bytes<T>(const Cpu&, const UpsampledGeometry&); \
  template std::string_view conv2d_upsampled_implementation<T>(const Cpu&, const UpsampledGeometry&)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
