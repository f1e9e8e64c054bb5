#pragma once
// FPA-Net's un-transposed reshape: the row-major memory of the attention's result M (N,P,C) is read
// as (N,C,h,w), P = h*w, instead of being transposed.
//
//   y[n,c,p] = M[n] flat [c*P + p]       dM[n] flat [c*P + p] = dy[n,c,p]
//
// As images are stored channels-last this moves data: it is the transposition of each image's (C,P)
// into (P,C). Source: FPA-Net's notebook (and SMP's MAnet), PAB.forward.

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
