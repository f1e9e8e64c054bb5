// The transforms of kernels/conv2d/winograd_filters.hpp against the matrices that their points
// define, in exact rational arithmetic. The derivation is docs/derivations/winograd.md.

#include "kernels/conv2d/winograd_filters.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

namespace fpanet::kernels {
namespace {

/// A fraction in lowest terms with a positive denominator.
struct Rational {
  std::int64_t numerator = 0, denominator = 1;

  Rational() = default;
  Rational(std::int64_t n, std::int64_t d = 1) {
    const std::int64_t divisor = (d < 0 ? -1 : 1) * std::gcd(n, d);
    numerator = n / divisor;
    denominator = d / divisor;
  }
  /// The nearest double: numerator and denominator are exact, and a quotient is rounded once.
  double nearest() const {
    return static_cast<double>(numerator) / static_cast<double>(denominator);
  }
  bool has_finite_binary_digits() const { return (denominator & (denominator - 1)) == 0; }
  bool operator==(const Rational&) const = default;
};
Rational operator+(Rational a, Rational b) {
  return {a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator};
}
Rational operator*(Rational a, Rational b) {
  return {a.numerator * b.numerator, a.denominator * b.denominator};
}
Rational operator-(Rational a) {
  return {-a.numerator, a.denominator};
}
Rational operator-(Rational a, Rational b) {
  return a + -b;
}
Rational inverse(Rational a) {
  return {a.denominator, a.numerator};
}
Rational power(Rational base, std::size_t exponent) {
  Rational result = 1;
  for (std::size_t i = 0; i < exponent; ++i) result = result * base;
  return result;
}

template <class T>
using Matrix = std::vector<std::vector<T>>;

template <class T>
Matrix<T> transposed(const Matrix<T>& a) {
  Matrix<T> t(a[0].size(), std::vector<T>(a.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a[0].size(); ++j) t[j][i] = a[i][j];
  }
  return t;
}

/// Coefficients of the product of (x - q) over the finite points q, without point number `skipped`.
std::vector<Rational> product_of_roots(const std::vector<Rational>& points, std::size_t skipped) {
  std::vector<Rational> coefficients = {1};
  for (std::size_t q = 0; q < points.size(); ++q) {
    if (q == skipped) continue;
    coefficients.insert(coefficients.begin(), 0);  // times x
    for (std::size_t i = 0; i + 1 < coefficients.size(); ++i) {
      coefficients[i] = coefficients[i] - points[q] * coefficients[i + 1];
    }
  }
  return coefficients;
}

/// F(outputs, taps) at finite points and, where these are too few, at infinity.
struct Matrices {
  std::size_t outputs, taps, size;
  Matrix<Rational> at, g, bt;

  Matrices(std::size_t output_count, std::size_t tap_count, const std::vector<Rational>& points)
      : outputs(output_count), taps(tap_count), size(outputs + taps - 1) {
    REQUIRE((points.size() == size || points.size() + 1 == size));
    Matrix<Rational> a;
    for (std::size_t p = 0; p < points.size(); ++p) {
      bt.push_back(product_of_roots(points, p));
      bt.back().resize(size);
      Rational n = 1;
      for (std::size_t q = 0; q < points.size(); ++q) {
        if (q != p) n = n * (points[p] - points[q]);
      }
      a.emplace_back();
      for (std::size_t i = 0; i < outputs; ++i) a.back().push_back(power(points[p], i));
      g.emplace_back();
      for (std::size_t k = 0; k < taps; ++k) g.back().push_back(power(points[p], k) * inverse(n));
    }
    if (points.size() < size) {  // infinity: the leading coefficients
      bt.push_back(product_of_roots(points, points.size()));
      a.emplace_back(outputs).back() = 1;
      g.emplace_back(taps).back() = 1;
    }
    at = transposed(a);
  }

  /// Changes the sign of a row of G and of B^T, which cancels in their product.
  void negate_row(std::size_t p) {
    for (Rational& entry : g[p]) entry = -entry;
    for (Rational& entry : bt[p]) entry = -entry;
  }
};

/// A vector of one lane, so that the transform of a unit vector is a column of the matrix.
struct OneLane {
  using Vector = double;
  static double broadcast(double value) { return value; }
  static double multiply_add(double a, double b, double c) { return a * b + c; }
};

using Transform = void (*)(const double*, double*);

Matrix<double> matrix_of(Transform transform, std::size_t rows, std::size_t columns) {
  Matrix<double> columns_of_matrix;
  for (std::size_t j = 0; j < columns; ++j) {
    std::vector<double> unit(columns), result(rows);
    unit[j] = 1;
    transform(unit.data(), result.data());
    columns_of_matrix.push_back(result);
  }
  return transposed(columns_of_matrix);
}

void check_equal(const std::string& name, const Matrix<double>& coded,
                 const Matrix<Rational>& exact) {
  REQUIRE(coded.size() == exact.size());
  for (std::size_t i = 0; i < exact.size(); ++i) {
    REQUIRE(coded[i].size() == exact[i].size());
    for (std::size_t j = 0; j < exact[i].size(); ++j) {
      CHECK_MESSAGE(coded[i][j] == exact[i][j].nearest(), name, "[", i, "][", j, "] is ",
                    coded[i][j], ", its points give ", exact[i][j].numerator, "/",
                    exact[i][j].denominator);
    }
  }
}

template <class Filter>
void check_forward(const Matrices& m) {
  REQUIRE(static_cast<std::size_t>(Filter::kTile) == m.outputs);
  REQUIRE(static_cast<std::size_t>(Filter::kTaps) == m.taps);
  check_equal("A^T", matrix_of(Filter::output, m.outputs, m.size), m.at);
  check_equal("G", matrix_of(Filter::weight, m.size, m.taps), m.g);
  check_equal("B^T", matrix_of(Filter::patch, m.size, m.size), m.bt);
}

const std::vector<Rational> kPoints2 = {0, 1, -1};
const std::vector<Rational> kPoints4 = {0, {5, 8}, {-5, 8}, {3, 2}, {-3, 2}};
const std::vector<Rational> kPoints5 = {{3, 8}, {-3, 8}, {7, 8}, {-7, 8}, {7, 4}, {-7, 4}};

using Filter2 = WinogradFilter2<OneLane, double>;
using Filter4 = WinogradFilter4<OneLane, double, 3>;
using Filter4Of2 = WinogradFilter4<OneLane, double, 2>;
using Filter5 = WinogradFilter5<OneLane, double>;

TEST_CASE("conv2d: Winograd's matrices from their points compute a correlation exactly") {
  for (const Matrices& m : {Matrices(2, 3, kPoints2), Matrices(4, 3, kPoints4),
                            Matrices(4, 2, kPoints4), Matrices(5, 3, kPoints5)}) {
    CAPTURE(m.outputs);
    CAPTURE(m.taps);
    for (std::size_t i = 0; i < m.outputs; ++i) {
      for (std::size_t k = 0; k < m.taps; ++k) {
        for (std::size_t j = 0; j < m.size; ++j) {
          Rational sum;
          for (std::size_t p = 0; p < m.size; ++p) sum = sum + m.at[i][p] * m.g[p][k] * m.bt[p][j];
          CHECK(sum == Rational(j == i + k ? 1 : 0));
        }
      }
    }
    for (const Matrix<Rational>& exact : {m.at, m.bt}) {
      for (const auto& row : exact) {
        for (const Rational& entry : row) CHECK(entry.has_finite_binary_digits());
      }
    }
  }
}

TEST_CASE("conv2d: Winograd's coded transforms are the matrices of their points") {
  Matrices two(2, 3, kPoints2);
  two.negate_row(0);  // as Lavin and Gray do, so that G has no negative entry in this row
  check_forward<Filter2>(two);
  check_forward<Filter4>(Matrices(4, 3, kPoints4));
  check_forward<Filter4Of2>(Matrices(4, 2, kPoints4));
  check_forward<Filter5>(Matrices(5, 3, kPoints5));
}

TEST_CASE("conv2d: Winograd's transforms for the weight gradient are the transposes") {
  const Matrices m(4, 3, kPoints4);
  check_equal("A", matrix_of(Filter4::gradient, m.size, m.outputs), transposed(m.at));
  check_equal("G^T", matrix_of(Filter4::weight_gradient, m.taps, m.size), transposed(m.g));
}

}  // namespace
}  // namespace fpanet::kernels
