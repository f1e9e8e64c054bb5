// Memory traffic per element of size s: softmax reads x twice and writes y, 3 s; backward reads y
// and dy twice and writes dx, 5 s. Short rows stay in L1 between the loops: 2 s and 3 s.

#include "kernels/softmax.hpp"

#include "kernels/softmax_cuda.hpp"

namespace fpanet::kernels {
namespace {

/// Computes the sums and the result for rows that one thread handles.
template <class T, class Rule>
struct ShortRowsKernel {
  static constexpr int kThreads = 256;

  Index rows;
  int cols;
  const T *x, *dy;
  T* y;
  Write write;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, rows, [&](Index row) {
      const Index first = row * cols;
      const T* const gradient = dy == nullptr ? x : dy;
      const auto at = [&](const T* values, int i) { return static_cast<float>(values[first + i]); };
      const Rule rule(Rule::summary(
          cols, [&](int i) { return at(x, i); }, [&](int i) { return at(gradient, i); }));
      for (int i = 0; i < cols; ++i) {
        const float value = rule.value(at(x, i), at(gradient, i));
        y[first + i] = static_cast<T>(write == Write::assign ? value : at(y, i) + value);
      }
    });
  }
};

template <class Rule, class T>
void short_rows(const CudaGrid& grid, const char* name, const RowCut& cut, const T* x, const T* dy,
                T* y, Write write) {
  using Kernel = ShortRowsKernel<T, Rule>;
  grid.run(name, stride_blocks(cut.rows, Kernel::kThreads), 0,
           Kernel{cut.rows, static_cast<int>(cut.cols), x, dy, y, write});
}

template <class Rule, class T>
void forward(const Cuda& cuda, const char* name, const Matrices<const T>& x, T* y,
             std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  const RowCut cut{x.n * x.rows, x.cols};
  if (cut.short_rows()) {
    return short_rows<Rule, T>(grid, name, cut, x.data, nullptr, y, Write::assign);
  }
  const Summaries<MaxSum> summaries(cut, workspace);
  grid.run(name, cut.parts(), MaxSumKernel<T>::kSharedBytes,
           MaxSumKernel<T>{cut, x.data, summaries.parts, rows_fit(cut, x.data)});
  combine_and_apply<Rule, T>(grid, name, cut, x.data, nullptr, y, Write::assign, summaries,
                             CombineMaxSum());
}

template <class Rule, class T>
void backward(const Cuda& cuda, const char* name, const Matrices<const T>& y, const T* dy, T* dx,
              Write write, std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  const RowCut cut{y.n * y.rows, y.cols};
  if (cut.short_rows()) return short_rows<Rule, T>(grid, name, cut, y.data, dy, dx, write);
  const Summaries<double> summaries(cut, workspace);
  using Kernel = GradientSumKernel<T, Rule>;
  grid.run(name, cut.parts(), Kernel::kSharedBytes,
           Kernel{cut, y.data, dy, summaries.parts, rows_fit(cut, y.data) && rows_fit(cut, dy)});
  combine_and_apply<Rule, T>(grid, name, cut, y.data, dy, dx, write, summaries, Plus());
}

}  // namespace

template <class T>
std::size_t softmax_workspace_bytes(const Cuda&, Index rows, Index cols) {
  const RowCut cut{rows, cols};
  if (cut.short_rows()) return 0;
  return scratch_bytes<MaxSum>(cut.parts()) + scratch_bytes<MaxSum>(rows) + kScratchAlignment;
}

template <class T>
void softmax(const Cuda& cuda, Matrices<const T> x, T* y, std::span<std::byte> workspace) {
  forward<SoftmaxRule, T>(cuda, "softmax", x, y, workspace);
}

template <class T>
void log_softmax(const Cuda& cuda, Matrices<const T> x, T* y, std::span<std::byte> workspace) {
  forward<LogSoftmaxRule, T>(cuda, "log_softmax", x, y, workspace);
}

template <class T>
void softmax_backward(const Cuda& cuda, Matrices<const T> y, const T* dy, T* dx, Write write,
                      std::span<std::byte> workspace) {
  backward<SoftmaxGradientRule, T>(cuda, "softmax_backward", y, dy, dx, write, workspace);
}

template <class T>
void log_softmax_backward(const Cuda& cuda, Matrices<const T> y, const T* dy, T* dx, Write write,
                          std::span<std::byte> workspace) {
  backward<LogSoftmaxGradientRule, T>(cuda, "log_softmax_backward", y, dy, dx, write, workspace);
}

#define FPANET_INSTANTIATE(T)                                                             \
  template std::size_t softmax_workspace_bytes<T>(const Cuda&, Index, Index);             \
  template void softmax(const Cuda&, Matrices<const T>, T*, std::span<std::byte>);        \
  template void log_softmax(const Cuda&, Matrices<const T>, T*, std::span<std::byte>);    \
  template void softmax_backward(const Cuda&, Matrices<const T>, const T*, T*, Write,     \
                                 std::span<std::byte>);                                   \
  template void log_softmax_backward(const Cuda&, Matrices<const T>, const T*, T*, Write, \
                                     std::span<std::byte>)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
