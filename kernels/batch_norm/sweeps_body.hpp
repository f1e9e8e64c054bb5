#pragma once
// The templates behind batch_norm/sweeps.hpp. Include after the #pragma GCC target of an ISA and
// its simd/*.hpp.
//
// Pixels are processed in memory order, up to four vectors of neighbouring channels together. Their
// sums stay in registers, and every cache line is read once.

#include "kernels/base/column_sums.hpp"
#include "kernels/batch_norm/sweeps.hpp"

namespace fpanet::kernels {

/// Simd: vectors of Real<T>, which can also be loaded from and stored to T.
template <class Simd, class T>
struct BatchNormPasses {
  using R = Real<T>;
  using Vector = typename Simd::Vector;
  static constexpr Index kLanes = Simd::kLanes;

  /// A vector of channels from `c` on; the last vector of a row may be incomplete.
  template <bool kWhole>
  struct Columns {
    Index c, count;  // count: channels of an incomplete vector

    template <class U>
    Vector load(const U* row) const {
      if constexpr (kWhole) return Simd::load(row + c);
      return Simd::load_partial(row + c, count);
    }
    void store(T* row, Vector value) const {
      if constexpr (kWhole) return Simd::store(row + c, value);
      Simd::store_partial(row + c, value, count);
    }
    void write(T* row, Vector value, Write how) const {
      store(row, how == Write::assign ? value : load(row) + value);
    }
  };

  /// Calls f with every vector of a row.
  template <class F>
  static void for_each_vector(Index channels, const F& f) {
    Index c = 0;
    for (; c + kLanes <= channels; c += kLanes) f(Columns<true>{c, kLanes});
    if (c < channels) f(Columns<false>{c, channels - c});
  }

  static Vector relu(Vector x) { return x < Vector{} ? Vector{} : x; }
  static Vector relu_gradient(Vector y, Vector dy) { return y <= Vector{} ? Vector{} : dy; }

  // Sums over pixels --------------------------------------------------------------------------

  /// sums[k][c...] of kVectors neighbouring vectors of channels, where terms.at(pixel, columns,
  /// out) returns the kTerms terms. Sums kGroupRows pixels in Real<T>, and these sums in double
  /// (base/column_sums.hpp).
  template <int kVectors, bool kWhole, class Terms>
  static void add_up(const Terms& terms, const Columns<kWhole>& first, Index begin, Index end,
                     double* const* sums) {
    constexpr int kTerms = Terms::kTerms;
    double total[kTerms][kVectors * kLanes] = {};
    for (Index group = begin; group < end; group += kGroupRows) {
      const Index group_end = group + kGroupRows < end ? group + kGroupRows : end;
      Vector partial[kTerms][kVectors] = {};
      for (Index pixel = group; pixel < group_end; ++pixel) {
        for (int v = 0; v < kVectors; ++v) {
          Vector term[kTerms];
          terms.at(pixel, Columns<kWhole>{first.c + v * kLanes, first.count}, term);
          for (int k = 0; k < kTerms; ++k) partial[k][v] += term[k];
        }
      }
      for (int k = 0; k < kTerms; ++k) {
        R lanes[kVectors * kLanes];
        for (int v = 0; v < kVectors; ++v) Simd::store(lanes + v * kLanes, partial[k][v]);
        for (Index i = 0; i < kVectors * kLanes; ++i) total[k][i] += static_cast<double>(lanes[i]);
      }
    }
    const Index count = kWhole ? kVectors * kLanes : first.count;
    for (int k = 0; k < kTerms; ++k) {
      for (Index i = 0; i < count; ++i) sums[k][first.c + i] = total[k][i];
    }
  }

  template <class Terms>
  static void add_up_all(const Terms& terms, Index channels, Index begin, Index end,
                         double* const* sums) {
    Index c = 0;
    for (; c + 4 * kLanes <= channels; c += 4 * kLanes) {
      add_up<4>(terms, Columns<true>{c, kLanes}, begin, end, sums);
    }
    for (; c + kLanes <= channels; c += kLanes) {
      add_up<1>(terms, Columns<true>{c, kLanes}, begin, end, sums);
    }
    if (c < channels) {
      add_up<1>(terms, Columns<false>{c, channels - c}, begin, end, sums);
    }
  }

  struct Plain {
    static constexpr int kTerms = 1;
    const T* x;
    Index channels;

    template <bool kWhole>
    void at(Index pixel, const Columns<kWhole>& columns, Vector* term) const {
      term[0] = columns.load(x + pixel * channels);
    }
  };

  struct Squared {
    static constexpr int kTerms = 1;
    const T* x;
    const R* centre;
    Index channels;

    template <bool kWhole>
    void at(Index pixel, const Columns<kWhole>& columns, Vector* term) const {
      const Vector apart = columns.load(x + pixel * channels) - columns.load(centre);
      term[0] = apart * apart;
    }
  };

  static void sums(const T* x, Index channels, Index begin, Index end, double* sums) {
    add_up_all(Plain{x, channels}, channels, begin, end, &sums);
  }

  static void squares(const T* x, const R* centre, Index channels, Index begin, Index end,
                      double* squares) {
    add_up_all(Squared{x, centre, channels}, channels, begin, end, &squares);
  }

  // Forward -----------------------------------------------------------------------------------

  // Arguments are passed by value: the compiler would otherwise assume that stores through vector
  // types may change them.
  template <bool kRelu, bool kResidual>
  static void normalise_rows(const BatchNormForward<T> args, Index begin, Index end) {
    const Index channels = args.x.c;
    for (Index pixel = begin; pixel < end; ++pixel) {
      const T* const x = args.x.data + pixel * channels;
      const T* const residual = kResidual ? args.residual + pixel * channels : nullptr;
      T* const y = args.y + pixel * channels;
      for_each_vector(channels, [&](const auto& columns) {
        Vector value = (columns.load(x) - columns.load(args.mean)) * columns.load(args.scale);
        value += columns.load(args.shift);
        if constexpr (kResidual) value += columns.load(residual);
        if constexpr (kRelu) value = relu(value);
        columns.store(y, value);
      });
    }
  }

  static void normalise(const BatchNormForward<T>& args, Index begin, Index end) {
    if (args.residual != nullptr) {
      return args.relu ? normalise_rows<true, true>(args, begin, end)
                       : normalise_rows<false, true>(args, begin, end);
    }
    return args.relu ? normalise_rows<true, false>(args, begin, end)
                     : normalise_rows<false, false>(args, begin, end);
  }

  // Backward ----------------------------------------------------------------------------------

  /// The rows of one pixel, and g = dy where the relu let the value through.
  template <ReluMask kMask>
  struct Row {
    const T *x, *y, *dy;
    const R *mean, *scale, *shift;

    Row(const BatchNormBackward<T>& args, Index pixel)
        : x(args.x.data + pixel * args.x.c),
          y(kMask == ReluMask::from_y ? args.y + pixel * args.x.c : nullptr),
          dy(args.dy + pixel * args.x.c),
          mean(args.mean),
          scale(args.scale),
          shift(args.shift) {}

    template <bool kWhole>
    Vector gradient(const Columns<kWhole>& columns, Vector centred) const {
      const Vector g = columns.load(dy);
      if constexpr (kMask == ReluMask::from_y) return relu_gradient(columns.load(y), g);
      if constexpr (kMask == ReluMask::from_x) {
        const Vector scaled = centred * columns.load(scale);
        return relu_gradient(scaled + columns.load(shift), g);
      }
      return g;
    }
  };

  template <ReluMask kMask>
  struct GradientTerms {
    static constexpr int kTerms = 2;
    BatchNormBackward<T> args;

    template <bool kWhole>
    void at(Index pixel, const Columns<kWhole>& columns, Vector* term) const {
      const Row<kMask> row(args, pixel);
      const Vector centred = columns.load(row.x) - columns.load(row.mean);
      term[0] = row.gradient(columns, centred);
      term[1] = term[0] * centred;
    }
  };

  template <ReluMask kMask>
  static void gradient_rows(const BatchNormBackward<T> args, const BatchNormFactors<T> factors,
                            Index begin, Index end) {
    const Index channels = args.x.c;
    for (Index pixel = begin; pixel < end; ++pixel) {
      const Row<kMask> row(args, pixel);
      for_each_vector(channels, [&](const auto& columns) {
        const Vector centred = columns.load(row.x) - columns.load(row.mean);
        const Vector g = row.gradient(columns, centred);
        if (args.dx != nullptr) {
          const Vector rest = g - columns.load(factors.offset);
          const Vector dx = rest - centred * columns.load(factors.slope);
          columns.write(args.dx + pixel * channels, columns.load(factors.scale) * dx,
                        args.write_dx);
        }
        if (args.dresidual != nullptr) {
          columns.write(args.dresidual + pixel * channels, g, args.write_dresidual);
        }
      });
    }
  }

  static void gradient_sums(const BatchNormBackward<T>& args, ReluMask mask, Index begin, Index end,
                            double* sums_g, double* sums_gx) {
    double* const sums[] = {sums_g, sums_gx};
    const auto add_up = [&](const auto& terms) { add_up_all(terms, args.x.c, begin, end, sums); };
    switch (mask) {
      case ReluMask::none:
        return add_up(GradientTerms<ReluMask::none>{args});
      case ReluMask::from_y:
        return add_up(GradientTerms<ReluMask::from_y>{args});
      case ReluMask::from_x:
        return add_up(GradientTerms<ReluMask::from_x>{args});
    }
  }

  static void gradients(const BatchNormBackward<T>& args, const BatchNormFactors<T>& factors,
                        Index begin, Index end) {
    switch (factors.mask) {
      case ReluMask::none:
        return gradient_rows<ReluMask::none>(args, factors, begin, end);
      case ReluMask::from_y:
        return gradient_rows<ReluMask::from_y>(args, factors, begin, end);
      case ReluMask::from_x:
        return gradient_rows<ReluMask::from_x>(args, factors, begin, end);
    }
  }

  static BatchNormSweeps<T> sweeps() {
    return {sums, squares, normalise, gradient_sums, gradients};
  }
};

}  // namespace fpanet::kernels
