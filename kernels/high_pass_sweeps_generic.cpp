#include "kernels/cpu_simd_generic.hpp"
#include "kernels/high_pass_sweeps.hpp"
#include "kernels/high_pass_sweeps_body.hpp"

namespace fpanet::kernels {

template <class T>
HighPassSweeps<T> high_pass_sweeps_generic() {
  return HighPassPasses<SimdGeneric<T>>::sweeps();
}
template HighPassSweeps<float> high_pass_sweeps_generic();
template HighPassSweeps<double> high_pass_sweeps_generic();

}  // namespace fpanet::kernels
