// Memory traffic per element of y for bfloat16: 4 bytes, forward and backward (6 for gradients that
// are accumulated).

#include "kernels/concat.hpp"

#include "kernels/cuda/rows.hpp"

namespace fpanet::kernels {
namespace {

template <class T>
struct ConcatGradientKernel {
  static constexpr int kThreads = kRowThreads;

  View<const T> dy;
  View<T> da, db;
  Write write_da, write_db;
  bool aligned;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    take(block, da, 0, write_da);
    take(block, db, dy.c - db.c, write_db);
  }

  /// part (=|+=) the channels of dy from `begin` on.
  template <class Block>
  FPANET_HD void take(const Block& block, const View<T>& part, Index begin, Write write) const {
    if (part.data == nullptr) return;
    row_vectors<T>(block, dy.w, part.c, [&](const RowPlace& at) {
      const Index pixel = block.index * dy.w + at.x;
      copy_vector(dy.data + pixel * dy.c + begin + at.first, part.data + pixel * part.c + at.first,
                  at.count, aligned, write);
    });
  }
};

}  // namespace

template <class T>
void concat(const Cuda& cuda, View<const T> a, View<const T> b, View<T> y) {
  const ConcatKernel<T, 1> kernel(a, b, y);
  CudaGrid(cuda).run("concat", kernel.blocks(), 0, kernel);
}

template <class T>
void concat_backward(const Cuda& cuda, View<const T> dy, View<T> da, Write write_da, View<T> db,
                     Write write_db) {
  const bool aligned =
      images_fit<T>(dy.c, dy.data, da.data, db.data) && images_fit<T>(db.c, db.data, dy.data);
  CudaGrid(cuda).run("concat_backward", dy.n * dy.h, 0,
                     ConcatGradientKernel<T>{dy, da, db, write_da, write_db, aligned});
}

#define FPANET_INSTANTIATE(T)                                               \
  template void concat(const Cuda&, View<const T>, View<const T>, View<T>); \
  template void concat_backward(const Cuda&, View<const T>, View<T>, Write, View<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
