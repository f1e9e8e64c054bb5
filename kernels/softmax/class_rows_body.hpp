#pragma once
// The templates behind class_rows.hpp. Include after the #pragma GCC target of an ISA, before or
// after its simd/*.hpp.
//
// Rows overlap the vectors: with 7 classes, the eighth lane is the first value of the next row. It
// is read, excluded from the maximum and the sums, and overwritten by the result of the next row,
// whose values have been read before. An exponential is a chain of some twenty dependent
// operations, so softmax runs four vectors through each operation together.

#include "kernels/base/compiler.hpp"
#include "kernels/softmax/class_rows.hpp"

namespace fpanet::kernels {

template <class Simd>
struct ClassRowPasses {
  using Part = typename Simd::Vector;
  using Ints = decltype(Part{} > Part{});
  static constexpr int kLanes = Simd::kLanes;
  static constexpr int kParts = static_cast<int>(kClassRowLanes) / kLanes;
  static_assert(kLanes == 4 || kLanes == 8);

  /// Pixels that are summed in float before the sums are added to a double.
  static constexpr Index kGroup = 64;

  struct Row {
    Part part[kParts];
  };
  struct IntRow {
    Ints part[kParts];
  };
  static constexpr int kRows = 4 / kParts;
  struct Rows {
    Row row[kRows];
  };

  // These are loops over the parts, not lambdas that return vectors: the pragma does not apply to
  // lambdas.

  /// The number of each lane, and which lanes are classes.
  struct Lanes {
    IntRow number, inside;
    Index classes;

    explicit Lanes(Index count) : classes(count) {
      for (int k = 0; k < kParts; ++k) {
        for (int i = 0; i < kLanes; ++i) number.part[k][i] = k * kLanes + i;
        inside.part[k] = number.part[k] < static_cast<int>(count);
      }
    }

    /// From `begin` up to this pixel, rows may be loaded and stored as whole vectors: the lanes
    /// beyond a row belong only to the next row, which is also one of these pixels.
    Index whole_end(Index begin, Index end) const {
      if (classes == kClassRowLanes) return end;
      return 2 * classes < kClassRowLanes ? begin : end - 1;
    }

    Index of_part(int k) const {
      const Index rest = classes - k * kLanes;
      return rest < 0 ? 0 : rest < kLanes ? rest : kLanes;
    }
    Row load(const float* p, bool whole) const {
      Row row;
      for (int k = 0; k < kParts; ++k) {
        const float* const from = p + k * kLanes;
        row.part[k] =
            whole || of_part(k) == kLanes ? Simd::load(from) : Simd::load_partial(from, of_part(k));
      }
      return row;
    }
    void store(float* p, const Row& row, bool whole) const {
      for (int k = 0; k < kParts; ++k) {
        float* const to = p + k * kLanes;
        whole || of_part(k) == kLanes ? Simd::store(to, row.part[k])
                                      : Simd::store_partial(to, row.part[k], of_part(k));
      }
    }

    /// Loads the rows of pixels from `pixel` on; rows from `end` on are zeros.
    Rows load_rows(const float* x, Index pixel, Index whole_end, Index end) const {
      Rows rows{};
      for (int r = 0; r < kRows; ++r, ++pixel) {
        if (pixel < end) rows.row[r] = load(x + pixel * classes, pixel < whole_end);
      }
      return rows;
    }
  };

  /// Reduces a row with f: f(...f(f(lane 0, lane 4), f(lane 2, lane 6))...), in every lane.
  template <class F>
  static Part across(const Row& row) {
    Part all = row.part[0];
    if constexpr (kLanes == 8) {
      all = F::of(all, FPANET_SHUFFLED(all, 4, 5, 6, 7, 0, 1, 2, 3));
      all = F::of(all, FPANET_SHUFFLED(all, 2, 3, 0, 1, 6, 7, 4, 5));
      return F::of(all, FPANET_SHUFFLED(all, 1, 0, 3, 2, 5, 4, 7, 6));
    } else {
      all = F::of(all, row.part[1]);
      all = F::of(all, FPANET_SHUFFLED(all, 2, 3, 0, 1));
      return F::of(all, FPANET_SHUFFLED(all, 1, 0, 3, 2));
    }
  }
  struct Sum {
    static Part of(Part a, Part b) { return a + b; }
  };
  struct Largest {
    static Part of(Part a, Part b) { return Simd::max(a, b); }
  };

  /// Exponentials of four vectors, bitwise equal to body::exp_of_shifted of every lane.
  static void exponentiate(Rows& x) {
    using S = body::ExpSeries;
    Ints exponent[kRows][kParts];
    Rows series;
    const auto for_all = [&](const auto& f) {
      for (int r = 0; r < kRows; ++r) {
        for (int k = 0; k < kParts; ++k) f(x.row[r].part[k], series.row[r].part[k], exponent[r][k]);
      }
    };
    for_all([](Part& r, Part& n, Ints& power) {
      n = r * S::kPerLn2 + S::kRound;
      power = __builtin_bit_cast(Ints, n) - S::kRoundBits + 127;
      n -= S::kRound;
    });
    for_all([](Part& r, Part& n, Ints&) { r -= n * S::kLn2High; });
    for_all([](Part& r, Part& n, Ints&) { r -= n * S::kLn2Low; });
    for_all([](Part& r, Part& sum, Ints&) { sum = S::k6 + r * S::k7; });
    for_all([](Part& r, Part& sum, Ints&) { sum = S::k5 + r * sum; });
    for_all([](Part& r, Part& sum, Ints&) { sum = S::k4 + r * sum; });
    for_all([](Part& r, Part& sum, Ints&) { sum = S::k3 + r * sum; });
    for_all([](Part& r, Part& sum, Ints&) { sum = S::k2 + r * sum; });
    for_all([](Part& r, Part& sum, Ints&) { sum = r * r * sum; });
    for_all([](Part& r, Part& sum, Ints& power) {
      r = (1 + (r + sum)) * __builtin_bit_cast(Part, power << 23);
    });
  }

  /// Softmax of each row.
  static Rows softmax_of(const Lanes& lanes, Rows x) {
    const Part nowhere = Simd::broadcast(-__builtin_inff());
    const Part lowest = Simd::broadcast(body::kLowestShifted<float>);
    for (Row& row : x.row) {
      for (int k = 0; k < kParts; ++k) {
        row.part[k] = lanes.inside.part[k] ? row.part[k] : nowhere;
      }
      const Part largest = across<Largest>(row);
      for (Part& part : row.part) part = Simd::max(lowest, part - largest);  // NaN stays NaN
    }
    exponentiate(x);
    for (Row& row : x.row) {
      for (int k = 0; k < kParts; ++k) row.part[k] = lanes.inside.part[k] ? row.part[k] : Part{};
      const Part scale = 1 / across<Sum>(row);
      for (Part& part : row.part) part *= scale;
    }
    return x;
  }

  /// y = softmax(x); calls seen(pixel, row of y) for each pixel.
  template <class F>
  static void softmax_rows(const Lanes& lanes, const float* x, Index begin, Index end, float* y,
                           const F& seen) {
    const Index whole_end = lanes.whole_end(begin, end);
    Rows next = lanes.load_rows(x, begin, whole_end, end);
    for (Index first = begin; first < end; first += kRows) {
      const Rows rows = softmax_of(lanes, next);
      next = lanes.load_rows(x, first + kRows, whole_end, end);
      for (int r = 0; r < kRows; ++r) {
        const Index pixel = first + r;
        if (pixel >= end) break;
        lanes.store(y + pixel * lanes.classes, rows.row[r], pixel < whole_end);
        seen(pixel, rows.row[r]);
      }
    }
  }

  static void softmax(const float* x, Index classes, Index begin, Index end, float* y) {
    if (begin < end) softmax_rows(Lanes(classes), x, begin, end, y, [](Index, const Row&) {});
  }

  static void softmax_sums(const float* x, const body::ClassLabels& target, Index begin, Index end,
                           float* p, double* sums) {
    const Lanes lanes(target.channels);
    double total[3][kClassRowLanes] = {};
    for (Index group = begin; group < end; group += kGroup) {
      const Index group_end = group + kGroup < end ? group + kGroup : end;
      Row intersection{}, predicted{};
      IntRow labelled{};
      softmax_rows(lanes, x, group, group_end, p, [&](Index pixel, const Row& row) {
        const std::int32_t label = target.data[pixel];
        if (target.ignored(label)) return;
        for (int k = 0; k < kParts; ++k) {
          const Ints here = lanes.number.part[k] == label;
          intersection.part[k] += here ? row.part[k] : Part{};
          predicted.part[k] += row.part[k];
          labelled.part[k] -= here;
        }
      });
      for (int k = 0; k < kParts; ++k) {
        for (int i = 0; i < kLanes; ++i) {
          total[0][k * kLanes + i] += static_cast<double>(intersection.part[k][i]);
          total[1][k * kLanes + i] += static_cast<double>(predicted.part[k][i]);
          total[2][k * kLanes + i] += static_cast<double>(labelled.part[k][i]);
        }
      }
    }
    for (Index i = 0; i < 3; ++i) {
      for (Index c = 0; c < lanes.classes; ++c) sums[i * lanes.classes + c] = total[i][c];
    }
  }

  template <Write kWrite>
  static void gradient_rows(const float* p, const body::ClassLabels& target,
                            const body::ClassSlopes<float>* slopes, Index begin, Index end,
                            float* dx) {
    const Lanes lanes(target.channels);
    Row labelled{}, elsewhere{};
    for (Index c = 0; c < lanes.classes; ++c) {
      labelled.part[c / kLanes][c % kLanes] = slopes[c].labelled;
      elsewhere.part[c / kLanes][c % kLanes] = slopes[c].elsewhere;
    }
    const Index whole_end = lanes.whole_end(begin, end);
    for (Index pixel = begin; pixel < end; ++pixel) {
      const bool whole = pixel < whole_end;
      const float* const from = p + pixel * lanes.classes;
      float* const to = dx + pixel * lanes.classes;
      Row y = lanes.load(from, whole), dy, gradient{};
      const std::int32_t label = target.data[pixel];
      if (!target.ignored(label)) {
        Row products;
        for (int k = 0; k < kParts; ++k) {
          y.part[k] = lanes.inside.part[k] ? y.part[k] : Part{};
          dy.part[k] = lanes.number.part[k] == label ? labelled.part[k] : elsewhere.part[k];
          products.part[k] = y.part[k] * dy.part[k];
        }
        const Part dot = across<Sum>(products);
        for (int k = 0; k < kParts; ++k) gradient.part[k] = y.part[k] * (dy.part[k] - dot);
      }
      if constexpr (kWrite == Write::accumulate) {
        const Row so_far = lanes.load(to, whole);
        for (int k = 0; k < kParts; ++k) gradient.part[k] += so_far.part[k];
      }
      lanes.store(to, gradient, whole);
    }
  }

  static void softmax_sums_gradients(const float* p, const body::ClassLabels& target,
                                     const body::ClassSlopes<float>* slopes, Index begin, Index end,
                                     float* dx, Write write) {
    write == Write::assign ? gradient_rows<Write::assign>(p, target, slopes, begin, end, dx)
                           : gradient_rows<Write::accumulate>(p, target, slopes, begin, end, dx);
  }

  static ClassRows passes() { return {softmax, softmax_sums, softmax_sums_gradients}; }
};

}  // namespace fpanet::kernels
