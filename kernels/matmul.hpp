#pragma once
// Batched matrix product.
//
//   ab:   c[i] (=|+=) a[i] b[i]       a (N,I,K), b (N,K,J)
//   abt:  c[i] (=|+=) a[i] b[i]^T     a (N,I,K), b (N,J,K)
//   atb:  c[i] (=|+=) a[i]^T b[i]     a (N,K,I), b (N,K,J)
//
// c (N,I,J), all row-major. A factor with n = 1 serves every product. c overlaps neither factor.
// The backward of each is two more products: of ab, da = dc b^T and db = a^T dc.
// Sums are kept in Real<T>; f32 stays f32 on CUDA, too, unless TF32 is allowed. c is cut into fixed
// tiles, so the result does not depend on threads. Source: torch.matmul.

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

/// Scratch bytes of a product of these sizes (any alignment will do); `data` is not looked at.
template <class T>
std::size_t matmul_workspace_bytes(const Cpu& cpu, Product product, Matrices<const T> a,
                                   Matrices<const T> b, Matrices<T> c);
template <class T>
std::size_t matmul_workspace_bytes(const Cuda& cuda, Product product, Matrices<const T> a,
                                   Matrices<const T> b, Matrices<T> c);

}  // namespace fpanet::kernels
