#include "kernels/naive/conv2d.hpp"

#include <algorithm>

namespace fpanet::kernels::naive {
namespace {

// Calls f(output pixel, input pixel, tap) for every pair of pixels that a kernel tap connects.
template <class F>
void for_each_pair(const Conv2dGeometry& g, F&& f) {
  const Index out_h = g.out_h(), out_w = g.out_w();
  for (Index n = 0; n < g.n; ++n) {
    for (Index i = 0; i < out_h; ++i) {
      for (Index j = 0; j < out_w; ++j) {
        for (Index u = 0; u < g.kernel_h; ++u) {
          for (Index v = 0; v < g.kernel_w; ++v) {
            const Index a = i * g.stride + u - g.padding;
            const Index b = j * g.stride + v - g.padding;
            if (a < 0 || a >= g.h || b < 0 || b >= g.w) continue;
            f((n * out_h + i) * out_w + j, (n * g.h + a) * g.w + b, u * g.kernel_w + v);
          }
        }
      }
    }
  }
}

}  // namespace

template <class T>
void conv2d(const Conv2dGeometry& g, const T* x, const T* w, const Conv2dEpilogue<T>& epilogue,
            T* y) {
  const Index numel = g.output_pixels() * g.c_out;
  for (Index i = 0; i < numel; ++i) y[i] = epilogue.bias ? epilogue.bias[i % g.c_out] : T(0);
  for_each_pair(g, [&](Index out, Index in, Index tap) {
    for (Index o = 0; o < g.c_out; ++o) {
      const T* const pixel = x + in * g.c_in;
      const T* const weights = w + (o * g.taps() + tap) * g.c_in;
      T sum = 0;
      for (Index c = 0; c < g.c_in; ++c) sum += pixel[c] * weights[c];
      y[out * g.c_out + o] += sum;
    }
  });
  for (Index i = 0; i < numel; ++i) {
    if (epilogue.residual) y[i] += epilogue.residual[i];
    if (epilogue.relu && y[i] < 0) y[i] = 0;
  }
}

template <class T>
void conv2d_backward_input(const Conv2dGeometry& g, const T* dy, const T* w, T* dx, Write write) {
  if (write == Write::assign) std::fill_n(dx, g.input_pixels() * g.c_in, T(0));
  for_each_pair(g, [&](Index out, Index in, Index tap) {
    for (Index o = 0; o < g.c_out; ++o) {
      T* const gradient = dx + in * g.c_in;
      const T* const weights = w + (o * g.taps() + tap) * g.c_in;
      const T of_output = dy[out * g.c_out + o];
      for (Index c = 0; c < g.c_in; ++c) gradient[c] += of_output * weights[c];
    }
  });
}

template <class T>
void conv2d_backward_weight(const Conv2dGeometry& g, const T* x, const T* dy, T* dw, Write write) {
  if (write == Write::assign) std::fill_n(dw, g.weight_numel(), T(0));
  for_each_pair(g, [&](Index out, Index in, Index tap) {
    for (Index o = 0; o < g.c_out; ++o) {
      T* const gradient = dw + (o * g.taps() + tap) * g.c_in;
      const T* const pixel = x + in * g.c_in;
      const T of_output = dy[out * g.c_out + o];
      for (Index c = 0; c < g.c_in; ++c) gradient[c] += of_output * pixel[c];
    }
  });
}

template <class T>
void conv2d_backward_bias(const Conv2dGeometry& g, const T* dy, T* db, Write write) {
  if (write == Write::assign) std::fill_n(db, g.c_out, T(0));
  for (Index i = 0; i < g.output_pixels() * g.c_out; ++i) db[i % g.c_out] += dy[i];
}

#define FPANET_INSTANTIATE(T)                                                                    \
  template void conv2d(const Conv2dGeometry&, const T*, const T*, const Conv2dEpilogue<T>&, T*); \
  template void conv2d_backward_input(const Conv2dGeometry&, const T*, const T*, T*, Write);     \
  template void conv2d_backward_weight(const Conv2dGeometry&, const T*, const T*, T*, Write);    \
  template void conv2d_backward_bias(const Conv2dGeometry&, const T*, T*, Write)

FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels::naive
