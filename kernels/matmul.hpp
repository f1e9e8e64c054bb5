#pragma once
// Batched matrix product.
//
//   ab:   c[i] (=|+=) a[i] b[i]       a (N,I,K), b (N,K,J)
//   abt:  c[i] (=|+=) a[i] b[i]^T     a (N,I,K), b (N,J,K)
//   atb:  c[i] (=|+=) a[i]^T b[i]     a (N,K,I), b (N,K,J)
//
// c (N,I,J), all row-major. A factor with n = 1 serves every product. c overlaps neither factor.
// The backward of each is two more products: of ab, da = dc b^T and db = a^T dc.
// c is cut into fixed tiles, so the result does not depend on threads. Source: torch.matmul.

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

enum class Product : unsigned char { ab, abt, atb };

template <class T>
void matmul(const Cpu& cpu, Product product, Matrices<const T> a, Matrices<const T> b,
            Matrices<T> c, Write write);
template <class T>
void matmul(const Cuda& cuda, Product product, Matrices<const T> a, Matrices<const T> b,
            Matrices<T> c, Write write);

}  // namespace fpanet::kernels
