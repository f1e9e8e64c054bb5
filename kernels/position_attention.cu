#include "kernels/position_attention.hpp"

#include "kernels/position_attention_blocks.hpp"
#include "kernels/softmax_cuda.hpp"

namespace fpanet::kernels {
namespace {

/// m[row] *= the factor between the softmax of the row's block and that of the whole map.
template <class T>
struct RescaleKernel {
  static constexpr int kThreads = 256;
  static constexpr int kWidth = kVector<T>;

  Index rows, columns, block_rows;
  T* m;
  const MaxSum *parts, *whole;
  bool aligned;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const Index per_row = divide_up(columns, kWidth);
    grid_stride(block, rows * per_row, [&](Index vector) {
      const Index row = vector / per_row, column = vector % per_row * kWidth;
      const int count = columns - column < kWidth ? static_cast<int>(columns - column) : kWidth;
      T* const at = m + row * columns + column;
      const auto factor = static_cast<float>(body::share_of(parts[row / block_rows], *whole));
      auto values = load<kWidth>(static_cast<const T*>(at), count, aligned);
      FPANET_UNROLL
      for (int i = 0; i < kWidth; ++i) values.at[i] *= factor;
      store(at, values, count, aligned);
    });
  }
};

/// The steps of AttentionBlocks. The map's entries form one row of softmax_cuda.hpp.
template <class T>
struct CudaSteps {
  const Cuda& cuda;
  std::span<std::byte> workspace;

  static std::size_t workspace_bytes(const Cuda&, Index count) {
    return kScratchAlignment + scratch_bytes<MaxSum>(RowCut{1, count}.parts());
  }

  void normalise(T* map, Index count, MaxSum* sum) const {
    const RowCut cut{1, count};
    auto* const parts = Scratch(workspace).take<MaxSum>(cut.parts());
    grid().run(kName, cut.parts(), MaxSumKernel<T>::kSharedBytes,
               MaxSumKernel<T>{cut, map, parts, rows_fit(cut, map)});
    combine(parts, cut.parts(), sum);
    normalise_by(map, count, sum);
  }

  void normalise_by(T* map, Index count, const MaxSum* sum) const {
    apply<SoftmaxRule>(map, nullptr, map, count, sum);
  }

  void combine(const MaxSum* parts, Index count, MaxSum* whole) const {
    using Kernel = CombineKernel<MaxSum, CombineMaxSum>;
    grid().run(kName, 1, Kernel::kSharedBytes, Kernel{count, parts, whole, CombineMaxSum()});
  }

  void rescale(T* m, const AttentionSizes& s, const MaxSum* parts, const MaxSum* whole) const {
    using Kernel = RescaleKernel<T>;
    const Index vectors = s.positions * divide_up(s.channels, Kernel::kWidth);
    grid().run(kName, stride_blocks(vectors, Kernel::kThreads), 0,
               Kernel{s.positions, s.channels, s.block_rows, m, parts, whole,
                      vectors_fit<Kernel::kWidth>(m, s.channels)});
  }

  void dot(const T* a, const T* b, Index count, double* sum) const {
    const RowCut cut{1, count};
    auto* const parts = Scratch(workspace).take<double>(cut.parts());
    using Sum = GradientSumKernel<T, SoftmaxGradientRule>;
    grid().run(kName, cut.parts(), Sum::kSharedBytes,
               Sum{cut, a, b, parts, rows_fit(cut, a) && rows_fit(cut, b)});
    using Kernel = CombineKernel<double, Plus>;
    grid().run(kName, 1, Kernel::kSharedBytes, Kernel{cut.parts(), parts, sum, Plus()});
  }

  void score_gradient(const T* map, T* gradient, Index count, const double* dot) const {
    apply<SoftmaxGradientRule>(map, gradient, gradient, count, dot);
  }

 private:
  static constexpr const char* kName = "position_attention";

  CudaGrid grid() const { return CudaGrid(cuda); }

  template <class Rule>
  void apply(const T* x, const T* dy, T* y, Index count,
             const typename Rule::Summary* whole) const {
    const RowCut cut{1, count};
    const bool aligned = rows_fit(cut, x) && rows_fit(cut, dy) && rows_fit<T>(cut, y);
    grid().run(kName, cut.parts(), 0,
               ApplyKernel<T, Rule>{cut, x, dy, y, whole, Write::assign, aligned});
  }
};

template <class T>
using Blocks = AttentionBlocks<T, Cuda, CudaSteps<T>>;

}  // namespace

template <class T>
void position_attention(const Cuda& cuda, const AttentionSizes& s, const AttentionInputs<T>& in,
                        T* m, MaxSum* sums, std::span<std::byte> workspace) {
  Blocks<T>(cuda, s).forward(in, m, sums, workspace);
}

template <class T>
void position_attention_backward(const Cuda& cuda, const AttentionSizes& s,
                                 const AttentionInputs<T>& in, const T* m, const MaxSum* sums,
                                 const T* dm, const AttentionGradients<T>& gradients,
                                 std::span<std::byte> workspace) {
  Blocks<T>(cuda, s).backward(in, m, sums, dm, gradients, workspace);
}

template <class T>
std::size_t position_attention_workspace_bytes(const Cuda& cuda, const AttentionSizes& s) {
  return Blocks<T>(cuda, s).workspace_bytes();
}

#define FPANET_INSTANTIATE(T)                                                                     \
  template void position_attention(const Cuda&, const AttentionSizes&, const AttentionInputs<T>&, \
                                   T*, MaxSum*, std::span<std::byte>);                            \
  template void position_attention_backward(                                                      \
      const Cuda&, const AttentionSizes&, const AttentionInputs<T>&, const T*, const MaxSum*,     \
      const T*, const AttentionGradients<T>&, std::span<std::byte>);                              \
  template std::size_t position_attention_workspace_bytes<T>(const Cuda&, const AttentionSizes&)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
