#include "kernels/sum_of_squares.hpp"

#include "engine/core/parallel.hpp"
#include "kernels/base/body.hpp"
#include "kernels/base/scratch.hpp"

namespace fpanet::kernels {

template <class T>
std::size_t sum_of_squares_workspace_bytes(const Cpu&, Index size) {
  return scratch_bytes<double>(divide_up(size, kElementwiseChunk)) + kScratchAlignment;
}

template <class T>
void sum_of_squares(const Cpu& cpu, std::span<const T> x, double* sum, Write write,
                    std::span<std::byte> workspace) {
  const auto size = static_cast<Index>(x.size());
  const Index chunks = divide_up(size, kElementwiseChunk);
  double* const partial = Scratch(workspace).take<double>(chunks);
  parallel_chunks(cpu, size, kElementwiseChunk, [&](Index begin, Index end, Index chunk) {
    const T* const xs = x.data();
    double squares = 0;
#pragma omp simd reduction(+ : squares)
    for (Index i = begin; i < end; ++i) {
      const auto value = static_cast<double>(real(xs[i]));
      squares += value * value;
    }
    partial[chunk] = squares;
  });
  double total = 0;
  for (Index chunk = 0; chunk < chunks; ++chunk) total += partial[chunk];
  store(*sum, total, write);
}

#define FPANET_INSTANTIATE(T)                                                     \
  template std::size_t sum_of_squares_workspace_bytes<T>(const Cpu&, Index);      \
  template void sum_of_squares<T>(const Cpu&, std::span<const T>, double*, Write, \
                                  std::span<std::byte>)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
