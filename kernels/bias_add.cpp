#include "kernels/bias_add.hpp"

#include "kernels/base/column_sums.hpp"
#include "kernels/base/scratch.hpp"

namespace fpanet::kernels {

template <class T>
void bias_add(const Cpu& cpu, Matrices<const T> x, const Real<T>* b, T* y) {
  const Index cols = x.cols;
  parallel_chunks(cpu, x.n * x.rows, column_chunk_rows(cols), [&](Index begin, Index end, Index) {
    for (Index row = begin; row < end; ++row) {
      const T* const from = x.data + row * cols;
      T* const to = y + row * cols;
#pragma omp simd
      for (Index c = 0; c < cols; ++c) to[c] = T(real(from[c]) + b[c]);
    }
  });
}

template <class T>
std::size_t bias_gradient_workspace_bytes(const Cpu&, Index rows, Index cols) {
  return scratch_bytes<double>(column_chunks(rows, cols) * cols) + kScratchAlignment;
}

template <class T>
void bias_gradient(const Cpu& cpu, Matrices<const T> dy, Real<T>* db, Write write,
                   std::span<std::byte> workspace) {
  const Index rows = dy.n * dy.rows, cols = dy.cols;
  const Index chunks = column_chunks(rows, cols);
  double* const partial = Scratch(workspace).take<double>(chunks * cols);
  parallel_chunks(cpu, rows, column_chunk_rows(cols), [&](Index begin, Index end, Index chunk) {
    const auto term = [&](Index row, Index c) { return std::array{real(dy.data[row * cols + c])}; };
    column_sums<Real<T>, 1>(begin, end, cols, term, {partial + chunk * cols});
  });
  for (Index c = 0; c < cols; ++c) {
    double sum = 0;
    for (Index chunk = 0; chunk < chunks; ++chunk) sum += partial[chunk * cols + c];
    store(db[c], static_cast<Real<T>>(sum), write);
  }
}

#define FPANET_INSTANTIATE(T)                                                 \
  template void bias_add(const Cpu&, Matrices<const T>, const Real<T>*, T*);  \
  template void bias_gradient(const Cpu&, Matrices<const T>, Real<T>*, Write, \
                              std::span<std::byte>);                          \
  template std::size_t bias_gradient_workspace_bytes<T>(const Cpu&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
