#pragma once
// Direct convolution without gathering, for every geometry; see conv2d.hpp for the contract.
//
// In a channels-last image the kernel_w taps of one kernel row lie in one contiguous run of
// kernel_w * C_in elements, and the runs of neighbouring pixels of a row start stride * C_in apart.
// A row of output pixels is therefore a matrix product whose left factor already lies in memory,
// with overlapping rows (gemm/panel.hpp, one segment per kernel row). Only the few input rows of a
// block are copied, into a zero-bordered scratch that stays in L2. The loops therefore have no
// border cases.
//
//   forward          y row  (OW, C_out)        = x rows, overlapping (OW, KH*KW*C_in) * packed w
//   backward input   dx     one such product per phase, of stride^2 phases (conv2d/window.hpp)
//   backward weight  dw     (C_out, KW*C_in) += dy row^T * x row, for each kernel row

#include <cstddef>
#include <span>

#include "kernels/conv2d.hpp"

namespace fpanet::kernels::direct {

/// True: the direct convolution supports every geometry.
inline bool fits(const Conv2dGeometry&) {
  return true;
}

template <class T>
void forward(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* w,
             const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace);
template <class T>
void backward_input(const Cpu& cpu, const Conv2dGeometry& g, const T* dy, const T* w, T* dx,
                    Write write, std::span<std::byte> workspace);
template <class T>
void backward_weight(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* dy, Real<T>* dw,
                     Write write, std::span<std::byte> workspace);

/// Number of elements of the packed weights: w in panels, packed once for many forward calls.
template <class T>
Index prepared_numel(const Conv2dGeometry& g);
template <class T>
void prepare(const Cpu& cpu, const Conv2dGeometry& g, const T* w, T* packed);
template <class T>
void forward_prepared(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* packed,
                      const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace);

template <class T>
std::size_t forward_prepared_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
template <class T>
std::size_t forward_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
template <class T>
std::size_t backward_input_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
template <class T>
std::size_t backward_weight_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);

}  // namespace fpanet::kernels::direct
