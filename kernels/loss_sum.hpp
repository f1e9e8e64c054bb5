#pragma once
// A weighted sum of a few losses.
//
//   loss = sum_i factor_i term_i,   dterm_i (=|+=) factor_i dloss
//
// Terms and loss are one number each. The sum is computed in double, in order.

#include <span>

#include "engine/core/device.hpp"
#include "engine/core/write.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

/// Maximum number of terms: a GPU's kernel has them all as arguments.
inline constexpr std::size_t kMostLossTerms = 16;

template <class T>
void loss_sum(const Cpu& cpu, std::span<const Real<T>* const> terms,
              std::span<const double> factors, Real<T>* loss);
template <class T>
void loss_sum(const Cuda& cuda, std::span<const Real<T>* const> terms,
              std::span<const double> factors, Real<T>* loss);

/// A null pointer in `dterms` is a gradient that nobody wants.
template <class T>
void loss_sum_backward(const Cpu& cpu, const Real<T>* dloss, std::span<const double> factors,
                       std::span<Real<T>* const> dterms, std::span<const Write> writes);
template <class T>
void loss_sum_backward(const Cuda& cuda, const Real<T>* dloss, std::span<const double> factors,
                       std::span<Real<T>* const> dterms, std::span<const Write> writes);

}  // namespace fpanet::kernels
