#pragma once
// A mean over pixels, from the sums that another op computed: the last step of a loss that is a sum
// over pixels. Between the two steps the sums can be added up over the parts of a batch.
//
//   loss = sums[0] / sums[1], or 0 if sums[1] is 0: a batch in which no pixel is counted has no loss
//   dsums[0] (=|+=) dloss / sums[1], or 0 likewise;  dsums[1] (=|+=) 0: the weights have no gradient
//
// sums and dsums are f64 (2): sum of the weighted terms and of their weights.

#include "engine/core/device.hpp"
#include "engine/core/write.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

template <class T>
void loss_mean(const Cpu& cpu, const double* sums, Real<T>* loss);
template <class T>
void loss_mean(const Cuda& cuda, const double* sums, Real<T>* loss);

template <class T>
void loss_mean_backward(const Cpu& cpu, const double* sums, const Real<T>* dloss, double* dsums,
                        Write write);
template <class T>
void loss_mean_backward(const Cuda& cuda, const double* sums, const Real<T>* dloss, double* dsums,
                        Write write);

}  // namespace fpanet::kernels
