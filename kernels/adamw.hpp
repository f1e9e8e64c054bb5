#pragma once
// One AdamW step over contiguous parameters, in PyTorch's order of operations.
//
//   p *= 1 - lr wd;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g g
//   p -= (lr / (1 - b1^t)) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
//
// p, m and v are updated. `twin`, if not empty, receives p rounded to bfloat16. `hyper` holds two
// f64 that change between steps: lr, and t, which is 1 for the first step. They are passed in
// memory, not by value, so that a recorded program can be replayed.
// Source: torch/optim/adamw.py 1.13.1, amsgrad=False; Loshchilov and Hutter 2019.
// Derivation: docs/derivations/adamw.md#the-step

#include <span>

#include "engine/core/bfloat16.hpp"
#include "engine/core/device.hpp"

namespace fpanet::kernels {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.01;

  bool operator==(const AdamWOptions&) const = default;
};

template <class T>
void adamw(const Cpu& cpu, std::span<T> p, std::span<const T> g, std::span<T> m, std::span<T> v,
           const double* hyper, const AdamWOptions& options, std::span<bfloat16> twin = {});
template <class T>
void adamw(const Cuda& cuda, std::span<T> p, std::span<const T> g, std::span<T> m, std::span<T> v,
           const double* hyper, const AdamWOptions& options, std::span<bfloat16> twin = {});

}  // namespace fpanet::kernels
