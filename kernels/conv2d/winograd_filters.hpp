#pragma once
// Winograd's minimal filtering F(m,r) in one dimension: computes m outputs of a kernel of r taps
// from m+r-1 inputs with m+r-1 multiplications instead of m*r (Lavin and Gray, "Fast algorithms for
// convolutional neural networks", CVPR 2016). winograd_tiles_body.hpp applies each transform along
// columns, then along rows.
//
//   y = A^T [ (G w) .* (B^T d) ]  and, by transposition,  dw = G^T [ (A dy) .* (B^T d) ]
//
// The matrices evaluate polynomials at some points p and at infinity, and interpolate (Toom-Cook).
// A^T has entries p^i and G has p^k / N(p). B^T has the coefficients of the product of (x - q) over
// the other points q, and N(p) is the value of that product at p. The points are 0 and pairs +-p,
// so that one computation of even and odd terms serves both points of a pair. Every point has few
// binary digits, so that A^T and B^T are exact, and the entries of G are rounded once. The points
// are chosen for a small rounding error, which grows with their number. Relative to the root mean
// square of y at 64 channels, the error is about 2e-7 for F(2x2,3x3), 6e-7 for F(4x4,3x3) (1.3e-6
// with the usual points 1 and 2) and 1.4e-6 for F(5x5,3x3) (docs/performance/inference.md).
// Derivation: docs/derivations/winograd.md#matrices

namespace fpanet::kernels {

// S: vectors of one ISA (simd/*.hpp); R: the type of their elements.
template <class S, class R>
struct WinogradArithmetic {
  using Vector = typename S::Vector;

  // sum + factor * v
  static Vector add(Vector sum, double factor, Vector v) {
    return S::multiply_add(S::broadcast(static_cast<R>(factor)), v, sum);
  }
  static Vector scale(double factor, Vector v) { return S::broadcast(static_cast<R>(factor)) * v; }
};

/// F(2,3) at 0, +-1 and infinity.
template <class S, class R>
struct WinogradFilter2 : WinogradArithmetic<S, R> {
  using Base = WinogradArithmetic<S, R>;
  using Base::scale;
  using typename Base::Vector;
  static constexpr int kTile = 2, kTaps = 3;

  static void patch(const Vector* d, Vector* v) {  // B^T
    v[0] = d[0] - d[2];
    v[1] = d[2] + d[1];
    v[2] = d[2] - d[1];
    v[3] = d[3] - d[1];
  }
  static void output(const Vector* m, Vector* y) {  // A^T
    y[0] = m[0] + (m[1] + m[2]);
    y[1] = (m[1] - m[2]) + m[3];
  }
  static void weight(const Vector* w, Vector* u) {  // G
    const Vector even = scale(0.5, w[0] + w[2]), odd = scale(0.5, w[1]);
    u[0] = w[0];
    u[1] = even + odd;
    u[2] = even - odd;
    u[3] = w[2];
  }
};

/// F(4,3) at 0, +-a, +-b and infinity. At infinity, G uses only the third tap, so F(4,2) needs
/// neither that point nor the sixth input. The usual a = 1, b = 2 give small integer entries but
/// twice the rounding error.
template <class S, class R, int kKernel>
struct WinogradFilter4 : WinogradArithmetic<S, R> {
  using Base = WinogradArithmetic<S, R>;
  using Base::add;
  using Base::scale;
  using typename Base::Vector;
  static constexpr int kTile = 4, kTaps = kKernel;

  static constexpr double kA = 0.625, kB = 1.5;
  static constexpr double kA2 = kA * kA, kB2 = kB * kB;
  static constexpr double kN0 = kA2 * kB2;
  static constexpr double kNa = 2 * kA2 * (kA2 - kB2), kNb = 2 * kB2 * (kB2 - kA2);

  static void patch(const Vector* d, Vector* v) {  // B^T
    const Vector even_a = add(d[4], -kB2, d[2]), odd_a = add(d[3], -kB2, d[1]);
    const Vector even_b = add(d[4], -kA2, d[2]), odd_b = add(d[3], -kA2, d[1]);
    v[0] = add(add(d[4], -kA2 - kB2, d[2]), kA2 * kB2, d[0]);
    v[1] = add(even_a, kA, odd_a);
    v[2] = add(even_a, -kA, odd_a);
    v[3] = add(even_b, kB, odd_b);
    v[4] = add(even_b, -kB, odd_b);
    if constexpr (kTaps == 3) v[5] = add(add(d[5], -kA2 - kB2, d[3]), kA2 * kB2, d[1]);
  }

  static void output(const Vector* m, Vector* y) {  // A^T
    const Vector even_a = m[1] + m[2], odd_a = m[1] - m[2];
    const Vector even_b = m[3] + m[4], odd_b = m[3] - m[4];
    y[0] = m[0] + even_a + even_b;
    y[1] = add(scale(kA, odd_a), kB, odd_b);
    y[2] = add(scale(kA2, even_a), kB2, even_b);
    if constexpr (kTaps == 3) {
      y[3] = add(add(m[5], kA2 * kA, odd_a), kB2 * kB, odd_b);
    } else {
      y[3] = add(scale(kA2 * kA, odd_a), kB2 * kB, odd_b);
    }
  }

  static void gradient(const Vector* y, Vector* z) {  // A
    const Vector even_a = add(y[0], kA2, y[2]), odd_a = add(scale(kA, y[1]), kA2 * kA, y[3]);
    const Vector even_b = add(y[0], kB2, y[2]), odd_b = add(scale(kB, y[1]), kB2 * kB, y[3]);
    z[0] = y[0];
    z[1] = even_a + odd_a;
    z[2] = even_a - odd_a;
    z[3] = even_b + odd_b;
    z[4] = even_b - odd_b;
    z[5] = y[3];
  }

  static void weight(const Vector* w, Vector* u) {  // G
    Vector even_a = scale(1 / kNa, w[0]), even_b = scale(1 / kNb, w[0]);
    if constexpr (kTaps == 3) {
      even_a = add(even_a, kA2 / kNa, w[2]);
      even_b = add(even_b, kB2 / kNb, w[2]);
      u[5] = w[2];
    }
    u[0] = scale(1 / kN0, w[0]);
    u[1] = add(even_a, kA / kNa, w[1]);
    u[2] = add(even_a, -kA / kNa, w[1]);
    u[3] = add(even_b, kB / kNb, w[1]);
    u[4] = add(even_b, -kB / kNb, w[1]);
  }

  static void weight_gradient(const Vector* u, Vector* w) {  // G^T
    const Vector even_a = u[1] + u[2], odd_a = u[1] - u[2];
    const Vector even_b = u[3] + u[4], odd_b = u[3] - u[4];
    w[0] = add(add(scale(1 / kN0, u[0]), 1 / kNa, even_a), 1 / kNb, even_b);
    w[1] = add(scale(kA / kNa, odd_a), kB / kNb, odd_b);
    w[2] = add(add(u[5], kA2 / kNa, even_a), kB2 / kNb, even_b);
  }
};

/// F(5,3) at +-a, +-b, +-c and infinity. N(-p) is -N(p), so the row of G for -p is its odd terms
/// minus its even terms.
template <class S, class R>
struct WinogradFilter5 : WinogradArithmetic<S, R> {
  using Base = WinogradArithmetic<S, R>;
  using Base::add;
  using Base::scale;
  using typename Base::Vector;
  static constexpr int kTile = 5, kTaps = 3;

  static constexpr double kA = 0.375, kB = 0.875, kC = 1.75;
  static constexpr double kA2 = kA * kA, kB2 = kB * kB, kC2 = kC * kC;
  static constexpr double kNa = 2 * kA * (kA2 - kB2) * (kA2 - kC2);
  static constexpr double kNb = 2 * kB * (kB2 - kA2) * (kB2 - kC2);
  static constexpr double kNc = 2 * kC * (kC2 - kA2) * (kC2 - kB2);

  // The rows of p and -p; q2 and r2 are the squares of the other two points.
  static void patch_pair(const Vector* d, double p, double q2, double r2, Vector* v) {
    const Vector even = add(add(d[4], -q2 - r2, d[2]), q2 * r2, d[0]);
    const Vector odd = add(add(d[5], -q2 - r2, d[3]), q2 * r2, d[1]);
    v[0] = add(odd, p, even);
    v[1] = add(odd, -p, even);
  }
  static void patch(const Vector* d, Vector* v) {  // B^T
    patch_pair(d, kA, kB2, kC2, v);
    patch_pair(d, kB, kA2, kC2, v + 2);
    patch_pair(d, kC, kA2, kB2, v + 4);
    v[6] = add(add(add(d[6], -kA2 - kB2 - kC2, d[4]), kA2 * kB2 + kA2 * kC2 + kB2 * kC2, d[2]),
               -kA2 * kB2 * kC2, d[0]);
  }

  static void output(const Vector* m, Vector* y) {  // A^T
    const Vector even_a = m[0] + m[1], odd_a = m[0] - m[1];
    const Vector even_b = m[2] + m[3], odd_b = m[2] - m[3];
    const Vector even_c = m[4] + m[5], odd_c = m[4] - m[5];
    y[0] = even_a + even_b + even_c;
    y[1] = add(add(scale(kA, odd_a), kB, odd_b), kC, odd_c);
    y[2] = add(add(scale(kA2, even_a), kB2, even_b), kC2, even_c);
    y[3] = add(add(scale(kA2 * kA, odd_a), kB2 * kB, odd_b), kC2 * kC, odd_c);
    y[4] = add(add(add(m[6], kA2 * kA2, even_a), kB2 * kB2, even_b), kC2 * kC2, even_c);
  }

  static void weight_pair(const Vector* w, double p, double n, Vector* u) {
    const Vector even = add(scale(1 / n, w[0]), p * p / n, w[2]), odd = scale(p / n, w[1]);
    u[0] = odd + even;
    u[1] = odd - even;
  }
  static void weight(const Vector* w, Vector* u) {  // G
    weight_pair(w, kA, kNa, u);
    weight_pair(w, kB, kNb, u + 2);
    weight_pair(w, kC, kNc, u + 4);
    u[6] = w[2];
  }
};

}  // namespace fpanet::kernels
