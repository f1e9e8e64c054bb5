#pragma once
// Building blocks of the per-element bodies of kernels. A body computes one output element, in
// gather form. It is compiled for the host and, by nvcc, for the device.

#include <type_traits>

#include "engine/core/bfloat16.hpp"
#include "engine/core/host_device.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

/// Type of the arithmetic on T, and of the affine parameters and statistics that belong to T.
template <class T>
struct Arithmetic {
  using type = T;
};
template <>
struct Arithmetic<bfloat16> {
  using type = float;
};
template <class T>
using Real = typename Arithmetic<T>::type;

/// Whether a result computed in Real<T> is rounded when it is stored as T.
template <class T>
inline constexpr bool kRounded = !std::is_same_v<T, Real<T>>;

/// x in the type of the arithmetic on T.
template <class T>
FPANET_HD inline Real<T> real(T x) {
  return static_cast<Real<T>>(x);
}

/// Calls f with the Write as a compile-time constant, so that inner loops have no branch and an
/// assigned output is never read.
template <class F>
void with_constant(Write write, F&& f) {
  if (write == Write::assign) {
    f(std::integral_constant<Write, Write::assign>{});
  } else {
    f(std::integral_constant<Write, Write::accumulate>{});
  }
}

template <class F>
void with_constant(bool flag, F&& f) {
  if (flag) {
    f(std::true_type{});
  } else {
    f(std::false_type{});
  }
}

}  // namespace fpanet::kernels
