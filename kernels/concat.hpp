#pragma once
// Concatenation of two images along the channels.
//
//   y[n,c] = c < C1 ? a[n,c] : b[n,c-C1]
//   da (=|+=) dy[n,:C1],  db (=|+=) dy[n,C1:]
//
// a (N,C1,H,W), b (N,C2,H,W), y (N,C1+C2,H,W). Backward skips a gradient whose view has no data.
// Source: torch.cat(dim=1).

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

template <class T>
void concat(const Cpu& cpu, View<const T> a, View<const T> b, View<T> y);
template <class T>
void concat(const Cuda& cuda, View<const T> a, View<const T> b, View<T> y);

template <class T>
void concat_backward(const Cpu& cpu, View<const T> dy, View<T> da, Write write_da, View<T> db,
                     Write write_db);
template <class T>
void concat_backward(const Cuda& cuda, View<const T> dy, View<T> da, Write write_da, View<T> db,
                     Write write_db);

}  // namespace fpanet::kernels
