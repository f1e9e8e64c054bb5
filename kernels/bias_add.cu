// Memory traffic per element for bfloat16: bias_add 4 bytes, bias_gradient 2.

#include "kernels/bias_add.hpp"

#include "kernels/base/scratch.hpp"
#include "kernels/cuda/columns.hpp"

namespace fpanet::kernels {
namespace {

template <class T>
struct AddBias {
  static constexpr int kWidth = kVector<T>;
  using V = Values<float, kWidth>;

  const T* x;
  const float* b;
  T* y;
  Index columns;
  bool aligned;

  FPANET_HD V fixed(const ColumnPlace& at) const {
    return load<kWidth>(b + at.column, at.count, false);
  }
  FPANET_HD void map(const V& bias, const ColumnPlace& at, Index row) const {
    const Index i0 = row * columns + at.column;
    V values = load<kWidth>(x + i0, at.count, aligned);
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) values.at[i] += bias.at[i];
    store(y + i0, values, at.count, aligned);
  }
};

template <class T>
struct RowTerms {
  static constexpr int kSums = 1, kWidth = kVector<T>;
  struct Nothing {};

  const T* x;
  Index columns;
  bool aligned;

  FPANET_HD Nothing fixed(const ColumnPlace&) const { return {}; }
  FPANET_HD void add(Nothing, const ColumnPlace& at, Index row, Values<float, kWidth>* sums) const {
    const auto values = load<kWidth>(x + row * columns + at.column, at.count, aligned);
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) sums[0].at[i] += values.at[i];
  }
};

struct WriteSum {
  float* db;
  Write write;

  FPANET_HD void operator()(Index c, const double* sums) const {
    store(db[c], static_cast<float>(sums[0]), write);
  }
};

}  // namespace

template <class T>
void bias_add(const Cuda& cuda, Matrices<const T> x, const Real<T>* b, T* y) {
  const ColumnTiles<T> cut(x.n * x.rows, x.cols);
  column_map(CudaGrid(cuda), "bias_add", cut,
             AddBias<T>{x.data, b, y, x.cols, images_fit<T>(x.cols, x.data, y)});
}

template <class T>
std::size_t bias_gradient_workspace_bytes(const Cuda&, Index rows, Index cols) {
  return scratch_bytes<double>(ColumnTiles<T>(rows, cols).chunks * cols) + kScratchAlignment;
}

template <class T>
void bias_gradient(const Cuda& cuda, Matrices<const T> dy, Real<T>* db, Write write,
                   std::span<std::byte> workspace) {
  const ColumnTiles<T> cut(dy.n * dy.rows, dy.cols);
  double* const partial = Scratch(workspace).take<double>(cut.chunks * dy.cols);
  column_totals(CudaGrid(cuda), "bias_gradient", cut,
                RowTerms<T>{dy.data, dy.cols, images_fit<T>(dy.cols, dy.data)}, partial,
                WriteSum{db, write});
}

#define FPANET_INSTANTIATE(T)                                                \
  template void bias_add(const Cuda&, Matrices<const T>, const float*, T*);  \
  template void bias_gradient(const Cuda&, Matrices<const T>, float*, Write, \
                              std::span<std::byte>);                         \
  template std::size_t bias_gradient_workspace_bytes<T>(const Cuda&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
