#pragma once
// FPA-Net's un-transposed reshape: instead of being transposed, the row-major memory of the
// attention's result M (N,P,C) is reinterpreted as (N,C,h,w), P = h*w.
//
//   y[n,c,p] = M[n] flat [c*P + p]       dM[n] flat [c*P + p] = dy[n,c,p]
//
// Images are stored channels-last here, so this moves data: it transposes each image's (C,P) into
// (P,C). Source: FPA-Net's notebook (and SMP's MAnet), PAB.forward.

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

template <class T>
void pab_reread(const Cpu& cpu, const T* m, View<T> y);
template <class T>
void pab_reread(const Cuda& cuda, const T* m, View<T> y);

template <class T>
void pab_reread_backward(const Cpu& cpu, View<const T> dy, T* dm, Write write);
template <class T>
void pab_reread_backward(const Cuda& cuda, View<const T> dy, T* dm, Write write);

}  // namespace fpanet::kernels
