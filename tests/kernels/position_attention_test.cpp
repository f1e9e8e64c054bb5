// Streamed position attention against products and a softmax over the whole map.

#include "kernels/position_attention.hpp"

#include "kernels/naive/matmul.hpp"
#include "kernels/naive/softmax.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

constexpr AttentionSizes kAttentionSizes[] = {
    {1, 1, 1, 1, 1},       // one position
    {2, 6, 3, 4, 6},       // one block
    {2, 9, 2, 5, 3},       // blocks of one size
    {1, 50, 8, 7, 16},     // a shorter last block
    {3, 33, 5, 10, 1},     // a row a block
    {1, 130, 64, 40, 64},  // blocks of several chunks
};

using Doubles = std::vector<double>;

Doubles product(Product kind, Index n, const Doubles& a, Index a_rows, Index a_cols,
                const Doubles& b, Index b_rows, Index b_cols, Index rows, Index cols) {
  Doubles c = filled<double>(n * rows * cols, 0);
  naive::matmul<double>(kind, {a.data(), n, a_rows, a_cols}, {b.data(), n, b_rows, b_cols},
                        {c.data(), n, rows, cols});
  return c;
}

/// Inputs, and what the definition makes of them with the map in memory.
template <class T>
struct AttentionCase {
  explicit AttentionCase(const AttentionSizes& sizes) : s(sizes) {
    const Index p = s.positions, k = s.keys, c = s.channels, n = s.images;
    const auto wide_c = widened(center), wide_t = widened(top), wide_b = widened(bottom);
    const auto wide_dm = widened(dm);
    const Doubles scores = product(Product::abt, n, wide_c, p, k, wide_t, p, k, p, p);
    Doubles map = scores, ds = scores;
    naive::softmax<double>({scores.data(), 1, n, p * p}, false, map.data());
    m = product(Product::ab, n, map, p, p, wide_b, p, c, p, c);
    dbottom = product(Product::atb, n, map, p, p, wide_dm, p, c, p, c);
    const Doubles dmap = product(Product::abt, n, wide_dm, p, c, wide_b, p, c, p, p);
    naive::softmax_backward<double>({map.data(), 1, n, p * p}, false, dmap.data(), ds.data());
    dcenter = product(Product::ab, n, ds, p, p, wide_t, p, k, p, k);
    dtop = product(Product::atb, n, ds, p, p, wide_c, p, k, p, k);
  }

  AttentionInputs<T> inputs() const { return {center.data(), top.data(), bottom.data()}; }

  AttentionSizes s;
  Index key_count = s.images * s.positions * s.keys;
  Index channel_count = s.images * s.positions * s.channels;
  // Scores with a standard deviation of 1.5, whatever the keys: far from uniform, no entry alone.
  double largest = std::sqrt(4.5 / std::sqrt(static_cast<double>(s.keys)));
  std::vector<T> center = uniform<T>("c", key_count, -largest, largest);
  std::vector<T> top = uniform<T>("t", key_count, -largest, largest);
  std::vector<T> bottom = uniform<T>("b", channel_count), dm = uniform<T>("dm", channel_count);
  Doubles m, dcenter, dtop, dbottom;
};

/// Scores and map entries pass through memory as bfloat16: a score of some units is rounded by its
/// 2^-9, which the exponential makes a relative error of the entry.
template <class T>
double bound() {
  return std::is_same_v<T, bfloat16> ? 4 * kRoundedToBfloat16 : tolerance<T>(kKernelFloatProduct);
}

TEST_CASE_TEMPLATE("position_attention: forward and backward against the whole map in memory", T,
                   float, double, bfloat16) {
  for (const AttentionSizes& s : kAttentionSizes) {
    CAPTURE(s.positions);
    CAPTURE(s.block_rows);
    const AttentionCase<T> c(s);
    std::vector<body::MaxSum> sums(static_cast<std::size_t>(s.images));
    check_assigned<T>(c.m, bound<T>(), [&](const auto& device, T* out) {
      auto workspace = scratch(position_attention_workspace_bytes<T>(device, s));
      position_attention<T>(device, s, c.inputs(), out, sums.data(), workspace);
    });
    const std::vector<T> m = narrowed<T>(c.m);
    const auto backward = [&](const auto& device, AttentionGradients<T> gradients) {
      auto workspace = scratch(position_attention_workspace_bytes<T>(device, s));
      position_attention_backward<T>(device, s, c.inputs(), m.data(), sums.data(), c.dm.data(),
                                     gradients, workspace);
    };
    const Write unused = Write::assign;
    check_written<T>(c.dcenter, bound<T>(), [&](const auto& device, T* out, Write write) {
      backward(device, {out, nullptr, nullptr, write, unused, unused});
    });
    check_written<T>(c.dtop, bound<T>(), [&](const auto& device, T* out, Write write) {
      backward(device, {nullptr, out, nullptr, unused, write, unused});
    });
    check_written<T>(c.dbottom, bound<T>(), [&](const auto& device, T* out, Write write) {
      backward(device, {nullptr, nullptr, out, unused, unused, write});
    });
  }
}

}  // namespace
}  // namespace fpanet::kernels
