#pragma once
// One product of transformed tiles: a source convolved with U gives a target. Forward, backward input
// and each phase of an enlarged source are such jobs (conv2d/winograd.hpp,
// conv2d_winograd_upsampled.hpp). T is float or bfloat16; transformed tiles and U are float.

#include <cstddef>
#include <span>

#include "kernels/conv2d.hpp"
#include "kernels/conv2d/inner_loops.hpp"

namespace fpanet::kernels::winograd {

template <class T>
struct Job {
  const WinogradForm<T>* form;
  WinogradImages<const T> source;
  WinogradImages<T> target;
  Index tiles;  ///< of all images

  /// U (conv2d/winograd_u.hpp) is [panel][position][source channel][width of a panel].
  Index panels() const;
  Index u_position() const;
  Index panel_numel() const { return form->positions * u_position(); }
  Index u_numel() const { return panels() * panel_numel(); }
};

/// Where U comes from: w (C_out,3,3,C_in), read forwards or turned by 180 degrees with its channels
/// exchanged, of whose C_in the job's source has those that begin at w.
template <class T>
struct PlainWeights {
  const T* w;
  Index c_in;
  bool turned = false;
};

/// w transformed a panel at a time while the job runs, or U made beforehand.
template <class T>
struct Weights {
  PlainWeights<T> plain = {};
  const float* u = nullptr;
};

/// A job and what it is done with.
template <class T>
struct Part {
  Job<T> job;
  Weights<T> weights = {};
  Conv2dEpilogue<T> epilogue = {};
  Write write = Write::assign;
};

/// Runs parts that have the same number of tiles in order, a block of tiles at a time, so that what they
/// write to the same place is still in cache. More than one must have its U.
/// Statistics are those of the first part, which then is the only one and has no U.
template <class T>
void run_parts(const Cpu& cpu, std::span<const Part<T>> parts, std::span<std::byte> workspace);
/// What is read and written need not be there yet, nor U, which they will have or not.
template <class T>
std::size_t parts_workspace_bytes(const Cpu& cpu, std::span<const Part<T>> parts, bool has_u);

}  // namespace fpanet::kernels::winograd
