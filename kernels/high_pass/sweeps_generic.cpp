#include "kernels/high_pass/sweeps.hpp"
#include "kernels/high_pass/sweeps_body.hpp"
#include "kernels/simd/bf16_generic.hpp"

namespace fpanet::kernels {

template <class T>
HighPassSweeps<T> high_pass_sweeps_generic() {
  return HighPassPasses<AnySimdGeneric<T>, T>::sweeps();
}
template HighPassSweeps<float> high_pass_sweeps_generic();
template HighPassSweeps<double> high_pass_sweeps_generic();
template HighPassSweeps<bfloat16> high_pass_sweeps_generic();

}  // namespace fpanet::kernels
