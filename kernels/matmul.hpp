#pragma once
// Batched matrix product.
//
//   ab:   c[i] (=|+=) a[i] b[i]       a (N,I,K), b (N,K,J)
//   abt:  c[i] (=|+=) a[i] b[i]^T     a (N,I,K), b (N,J,K)
//   atb:  c[i] (=|+=) a[i]^T b[i]     a (N,K,I), b (N,K,J)
//
// c is (N,I,J); all are row-major. A factor with n = 1 is used for every product. c must not
// overlap a factor. The backward of each product is two more products; for ab, da = dc b^T and db =
// a^T dc. Sums are computed in Real<T>; on CUDA, f32 is also computed in full f32 unless TF32 is
// allowed. c is divided into fixed tiles, so the result does not depend on the number of threads.
// Source: torch.matmul.

#include <cstddef>
#include <span>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

enum class Product : unsigned char { ab, abt, atb };

template <class T>
void matmul(const Cpu& cpu, Product product, Matrices<const T> a, Matrices<const T> b,
            Matrices<T> c, Write write, std::span<std::byte> workspace);
template <class T>
void matmul(const Cuda& cuda, Product product, Matrices<const T> a, Matrices<const T> b,
            Matrices<T> c, Write write, std::span<std::byte> workspace);

/// Bytes of workspace for a product of these sizes, at any alignment; `data` is not read.
template <class T>
std::size_t matmul_workspace_bytes(const Cpu& cpu, Product product, Matrices<const T> a,
                                   Matrices<const T> b, Matrices<T> c);
template <class T>
std::size_t matmul_workspace_bytes(const Cuda& cuda, Product product, Matrices<const T> a,
                                   Matrices<const T> b, Matrices<T> c);

}  // namespace fpanet::kernels
