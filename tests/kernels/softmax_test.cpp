// Products, softmax, the PAB re-read.

#include "kernels/matmul.hpp"
#include "kernels/naive/matmul.hpp"
#include "kernels/naive/softmax.hpp"
#include "kernels/pab_reread.hpp"
#include "kernels/softmax.hpp"
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

TEST_CASE_TEMPLATE("softmax and log_softmax over rows of any length", T, float, double, bfloat16) {
  const std::pair<Index, Index> sizes[] = {{1, 1},     {5, 1},     {3, 2},    {70, 3},  {1000, 7},
                                           {70, 8},    {70, 9},    {300, 64}, {4, 100}, {3, 2049},
                                           {2, 10000}, {1, 16384}, {2, 40001}};
  for (const auto& [rows, cols] : sizes) {
    for (const bool logarithm : {false, true}) {
      CAPTURE(rows);
      CAPTURE(cols);
      CAPTURE(logarithm);
      const auto x = uniform<T>("x", rows * cols, -20, 20), dy = uniform<T>("dy", rows * cols);
      const auto wide = widened(x), wide_dy = widened(dy);
      std::vector<double> y = filled<double>(rows * cols, 0), dx = y;
      naive::softmax<double>({wide.data(), 1, rows, cols}, logarithm, y.data());
      const std::vector<T> saved = narrowed<T>(y);
      const auto wide_saved = widened(saved);
      naive::softmax_backward<double>({wide_saved.data(), 1, rows, cols}, logarithm, wide_dy.data(),
                                      dx.data());
      const auto forward = [&](const auto& device, const T* from, T* out) {
        auto workspace = scratch(softmax_workspace_bytes<T>(device, rows, cols));
        const Matrices<const T> m{from, 1, rows, cols};
        logarithm ? log_softmax<T>(device, m, out, workspace)
                  : softmax<T>(device, m, out, workspace);
      };
      check_assigned<T>(y, tolerance<T>(),
                        [&](const auto& device, T* out) { forward(device, x.data(), out); });
      check_assigned<T>(y, tolerance<T>(), [&](const auto& device, T* out) {  // in place
        std::copy(x.begin(), x.end(), out);
        forward(device, out, out);
      });
      check_written<T>(dx, tolerance<T>(), [&](const auto& device, T* out, Write write) {
        auto workspace = scratch(softmax_workspace_bytes<T>(device, rows, cols));
        const Matrices<const T> m{saved.data(), 1, rows, cols};
        logarithm ? log_softmax_backward<T>(device, m, dy.data(), out, write, workspace)
                  : softmax_backward<T>(device, m, dy.data(), out, write, workspace);
      });
    }
  }
}

TEST_CASE_TEMPLATE("softmax stays finite where exp does not, and a NaN shows", T, float, double) {
  const T low = -std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const std::vector<T> x = {1000, 1000, -1000, low, 0, nan, 0, 0};
  const auto check = [&](const auto& device) {
    std::vector<T> y(8);
    softmax<T>(device, {x.data(), 1, 2, 4}, y.data(), {});
    CHECK(difference(std::vector<T>(y.begin(), y.begin() + 4), {0.5, 0.5, 0, 0}) < 1e-37);
    for (std::size_t i = 4; i < 8; ++i) CHECK(std::isnan(y[i]));
  };
  check(Cpu{1});
  on_cards<T>(check);
}

TEST_CASE_TEMPLATE("pab_reread reads rows of M as channels", T, float, double, bfloat16) {
  for (const ImageSize& s : image_sizes()) {
    CAPTURE(s.str());
    const Index positions = s.h * s.w;
    const auto m = uniform<T>("m", s.numel());
    std::vector<double> y = filled<double>(s.numel(), 0);
    for (Index n = 0; n < s.n; ++n) {
      for (Index c = 0; c < s.c; ++c) {
        for (Index p = 0; p < positions; ++p) {
          // out[c][p] = M_flat[c*P + p]; channels-last memory has it at p*C + c.
          const auto from = static_cast<std::size_t>(n * s.c * positions + c * positions + p);
          y[static_cast<std::size_t>((n * positions + p) * s.c + c)] = widened(m[from]);
        }
      }
    }
    check_assigned<T>(
        y, 0, [&](const auto& device, T* out) { pab_reread<T>(device, m.data(), s.over(out)); });
    const std::vector<T> dy = narrowed<T>(y);  // so that dm = m
    check_written<T>(widened(m), tolerance<T>(), [&](const auto& device, T* out, Write write) {
      pab_reread_backward<T>(device, s.of(dy), out, write);
    });
  }
}

}  // namespace
}  // namespace fpanet::kernels
