#pragma once
// Nearest-neighbour enlargement by two, with or without concatenation of a skip connection.
//
//   upsample2x         y[n,c,i,j] = x[n,c,i/2,j/2]
//                      dx[n,c,a,b] = sum over u,v in {0,1} of dy[n,c,2a+u,2b+v]
//   upsample2x_concat  y = concat(upsample2x(x), skip) along the channels, x first
//
// x (N,C1,h,w), skip (N,C2,2h,2w), y (N,C1,2h,2w) or (N,C1+C2,2h,2w). Nothing is saved. Backward
// skips a gradient whose view has no data. Source: torch.nn.functional.interpolate(scale_factor=2).

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

template <class T>
void upsample2x(const Cpu& cpu, View<const T> x, View<T> y);
template <class T>
void upsample2x(const Cuda& cuda, View<const T> x, View<T> y);
template <class T>
void upsample2x_backward(const Cpu& cpu, View<const T> dy, View<T> dx, Write write);
template <class T>
void upsample2x_backward(const Cuda& cuda, View<const T> dy, View<T> dx, Write write);

template <class T>
void upsample2x_concat(const Cpu& cpu, View<const T> x, View<const T> skip, View<T> y);
template <class T>
void upsample2x_concat(const Cuda& cuda, View<const T> x, View<const T> skip, View<T> y);
template <class T>
void upsample2x_concat_backward(const Cpu& cpu, View<const T> dy, View<T> dx, Write write_dx,
                                View<T> dskip, Write write_dskip);
template <class T>
void upsample2x_concat_backward(const Cuda& cuda, View<const T> dy, View<T> dx, Write write_dx,
                                View<T> dskip, Write write_dskip);

}  // namespace fpanet::kernels
