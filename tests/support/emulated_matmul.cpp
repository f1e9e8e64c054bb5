// Stands for cuBLASLt in tests of Cuda halves that are built upon products: the definition, with sums in
// float as on a GPU.

#include "kernels/base/body.hpp"
#include "kernels/matmul.hpp"

namespace fpanet::kernels {

template <class T>
void matmul(const Cuda&, Product product, Matrices<const T> a, Matrices<const T> b, Matrices<T> c,
            Write write, std::span<std::byte>) {
  const bool at = product == Product::atb, bt = product == Product::abt;
  const Index depth = at ? a.rows : a.cols;
  for (Index item = 0; item < c.n; ++item) {
    const T* const left = a.at(a.n == 1 ? 0 : item);
    const T* const right = b.at(b.n == 1 ? 0 : item);
    for (Index i = 0; i < c.rows; ++i) {
      for (Index j = 0; j < c.cols; ++j) {
        float sum = 0;
        for (Index k = 0; k < depth; ++k) {
          sum += static_cast<float>(left[at ? k * a.cols + i : i * a.cols + k]) *
                 static_cast<float>(right[bt ? j * b.cols + k : k * b.cols + j]);
        }
        T& slot = c.at(item)[i * c.cols + j];
        slot = static_cast<T>(write == Write::assign ? sum : static_cast<float>(slot) + sum);
      }
    }
  }
}

template <class T>
std::size_t matmul_workspace_bytes(const Cuda&, Product, Matrices<const T>, Matrices<const T>,
                                   Matrices<T>) {
  return 0;
}

#define FPANET_INSTANTIATE(T)                                                                   \
  template void matmul(const Cuda&, Product, Matrices<const T>, Matrices<const T>, Matrices<T>, \
                       Write, std::span<std::byte>);                                            \
  template std::size_t matmul_workspace_bytes<T>(const Cuda&, Product, Matrices<const T>,       \
                                                 Matrices<const T>, Matrices<T>)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
