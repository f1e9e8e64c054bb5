#include "kernels/matmul.hpp"

#include "kernels/naive/matmul.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

struct ProductSize {
  Index n, rows, cols, depth;
};

constexpr ProductSize kProducts[] = {{1, 1, 1, 1},     {3, 2, 3, 4},     {1, 1, 17, 5},
                                     {2, 17, 1, 9},    {1, 65, 257, 33}, {2, 70, 100, 64},
                                     {1, 100, 70, 300}};
constexpr Product kKinds[] = {Product::ab, Product::abt, Product::atb};

template <class T, class Value>
void check_products(double bound, double largest, const Value& value_of) {
  for (const ProductSize& s : kProducts) {
    for (const Product kind : kKinds) {
      for (const bool shared : {false, true}) {
        CAPTURE(s.rows);
        CAPTURE(s.cols);
        CAPTURE(s.depth);
        CAPTURE(static_cast<int>(kind));
        const Index a_items = shared ? 1 : s.n;
        auto a = uniform<T>("a", a_items * s.rows * s.depth, -largest, largest);
        auto b = uniform<T>("b", s.n * s.cols * s.depth, -largest, largest);
        for (auto* values : {&a, &b}) {
          for (T& v : *values) v = value_of(v);
        }
        const bool at = kind == Product::atb, bt = kind == Product::abt;
        const Matrices<const T> left{a.data(), a_items, at ? s.depth : s.rows,
                                     at ? s.rows : s.depth};
        const Matrices<const T> right{b.data(), s.n, bt ? s.cols : s.depth, bt ? s.depth : s.cols};
        const auto wide_a = widened(a), wide_b = widened(b);
        std::vector<double> c = filled<double>(s.n * s.rows * s.cols, 0);
        naive::matmul<double>(kind, {wide_a.data(), left.n, left.rows, left.cols},
                              {wide_b.data(), right.n, right.rows, right.cols},
                              {c.data(), s.n, s.rows, s.cols});
        check_written<T>(c, bound, [&](const Cpu& cpu, T* out, Write write) {
          matmul<T>(cpu, kind, left, right, {out, s.n, s.rows, s.cols}, write, {});
        });
      }
    }
  }
}

TEST_CASE_TEMPLATE("matmul against the definition", T, float, double, bfloat16) {
  check_products<T>(tolerance<T>(kKernelFloatProduct), 1, [](T v) { return v; });
}

TEST_CASE_TEMPLATE("matmul of small integers is exact", T, float, double) {
  // check_written adds onto fractions when accumulating: allow that one rounding.
  check_products<T>(tolerance<T>(1e-7), 3, [](T v) { return std::round(v); });
}

}  // namespace
}  // namespace fpanet::kernels
