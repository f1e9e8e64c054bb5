#pragma once
// A convolution of a source with U to give a target, as products of transformed tiles. Forward,
// backward input (conv2d/winograd.hpp) and each phase of an enlarged source
// (conv2d/winograd_phases.hpp) are such jobs. T is float or bfloat16; transformed tiles and U are
// float.

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

/// Weights w (C_out,3,3,C_in) that are not transformed yet. If `turned`, the kernel is rotated by
/// 180 degrees and its input and output channels are exchanged. w points to the job's first source
/// channel; the job may have fewer source channels than c_in.
template <class T>
struct PlainWeights {
  const T* w;
  Index c_in;
  bool turned = false;
};

/// Either w, which is transformed when the job runs, or U prepared before (then `u` is not null).
template <class T>
struct Weights {
  PlainWeights<T> plain = {};
  const float* u = nullptr;
};

/// A job with its weights, epilogue and write mode.
template <class T>
struct Part {
  Job<T> job;
  Weights<T> weights = {};
  Conv2dEpilogue<T> epilogue = {};
  Write write = Write::assign;
};

/// Runs parts in order, one block of tiles at a time, so that what they write to the same place is
/// still in cache. All parts have the same number of tiles. If there is more than one part, each
/// must have its U. Statistics are only supported for a single part without U.
template <class T>
void run_parts(const Cpu& cpu, std::span<const Part<T>> parts, std::span<std::byte> workspace);
/// The pointers in `parts` may still be null. `has_u` tells whether the parts will have U when they
/// run.
template <class T>
std::size_t parts_workspace_bytes(const Cpu& cpu, std::span<const Part<T>> parts, bool has_u);

}  // namespace fpanet::kernels::winograd
