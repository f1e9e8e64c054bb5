#pragma once
// The sums of channel_sums.hpp for one ISA S (simd/*.hpp). Vectors of R run over
// channels; S also loads them from T.

#include "kernels/base/compiler.hpp"
#include "kernels/conv2d/channel_sums.hpp"

namespace fpanet::kernels {

template <class S, class T>
struct ChannelSummation {
  using R = Real<T>;
  using Vector = typename S::Vector;
  static constexpr Index kGroup = 16;  // pixels summed in R
  static constexpr int kChains = 4;    // independent sums, which hide the latency of additions

  // A vector of channels from k on; the last vector of a panel may be incomplete.
  template <bool kWhole>
  struct Channels {
    Index k, count;
    [[gnu::always_inline]] Vector load(const T* p) const {
      if constexpr (kWhole) {
        return S::load(p + k);
      } else {
        return S::load_partial(p + k, count);
      }
    }
  };

  // rows x cols pixels: at most kGroup, or a tile.
  struct Group {
    const T* y;
    Index row, rows, pixel, cols;
  };

  struct Sums {
    Vector sum, square;
  };

  [[gnu::always_inline]] static Vector add(const Vector* chains) {
    return (chains[0] + chains[1]) + (chains[2] + chains[3]);
  }

  template <bool kWhole>
  [[gnu::always_inline]] static Sums about(const Channels<kWhole> of, const Group group,
                                           const Vector centre) {
    Vector sum[kChains] = {}, square[kChains] = {};
    for (Index r = 0; r < group.rows; ++r) {
      const T* p = group.y + r * group.row;
      Index left = group.cols;
      for (; left >= kChains; left -= kChains, p += kChains * group.pixel) {
        FPANET_UNROLL_UP_TO(4)
        for (int i = 0; i < kChains; ++i) {
          const Vector apart = of.load(p + i * group.pixel) - centre;
          sum[i] = sum[i] + apart;
          square[i] = S::multiply_add(apart, apart, square[i]);
        }
      }
      for (; left > 0; --left, p += group.pixel) {
        const Vector apart = of.load(p) - centre;
        sum[0] = sum[0] + apart;
        square[0] = S::multiply_add(apart, apart, square[0]);
      }
    }
    return {add(sum), add(square)};
  }

  // `first`: the group is the first of its block, which has no earlier mean.
  template <bool kWhole>
  [[gnu::always_inline]] static void add_group(const Channels<kWhole> of, const Group group,
                                               bool first, ChannelSums<R>& to) {
    const Index pixels = group.rows * group.cols;
    if (first) {
      const Vector share = S::broadcast(R(1) / static_cast<R>(pixels));
      S::store(to.centre + of.k, about(of, group, Vector{}).sum * share);
      for (Index i = of.k; i < of.k + S::kLanes; ++i) {
        to.first[i] = static_cast<double>(to.centre[i]);
        to.sums[i] = to.squares[i] = 0;
      }
    }
    const Sums sums = about(of, group, S::load(to.centre + of.k));
    fold(sums.sum, sums.square, pixels, of.k, to);
  }

  // Adds a group's r and q about to.centre, for the kLanes channels from k on.
  [[gnu::always_inline]] static void fold(Vector r, Vector q, Index pixels, Index k,
                                          ChannelSums<R>& to) {
    R sum[S::kLanes], square[S::kLanes];
    S::store(sum, r);
    S::store(square, q);
    const auto n = static_cast<double>(pixels);
    for (Index i = 0; i < S::kLanes; ++i) {
      const double apart = static_cast<double>(to.centre[k + i]) - to.first[k + i];
      const double apart_sum = n * apart, of_group = static_cast<double>(sum[i]);
      to.sums[k + i] += of_group + apart_sum;
      to.squares[k + i] +=
          static_cast<double>(square[i]) + apart * (of_group + of_group + apart_sum);
    }
    const Vector share = S::broadcast(R(1) / static_cast<R>(pixels));
    S::store(to.centre + k, S::multiply_add(r, share, S::load(to.centre + k)));
  }

  /// Sums a group while its pixels are computed, instead of loading them back: loads from rows a
  /// multiple of 4 KiB apart are slow right after the stores. This excludes the first group of a
  /// block, whose centre is not known yet.
  struct InRegisters {
    Vector centre;
    Vector sum_even = {}, sum_odd = {}, square_even = {}, square_odd = {};

    /// Adds one pixel. i alternates between even and odd and is known at compile time.
    [[gnu::always_inline]] void add(int i, Vector x) {
      const Vector apart = x - centre;
      Vector& sum = i % 2 == 0 ? sum_even : sum_odd;
      Vector& square = i % 2 == 0 ? square_even : square_odd;
      sum = sum + apart;
      square = S::multiply_add(apart, apart, square);
    }
    void fold(Index pixels, Index k, ChannelSums<R>& to) const {
      ChannelSummation::fold(sum_even + sum_odd, square_even + square_odd, pixels, k, to);
    }
  };

  /// Adds the rows x cols pixels of a tile at y, for `channels` channels (at most kLanes), which
  /// are the channels of the panel from k on. If `to` has no pixels yet, the tile is the first
  /// group of its block.
  static void add_tile(const T* y, Index row, Index rows, Index pixel, Index cols, Index k,
                       Index channels, ChannelSums<R>& to) {
    const Group group{y - k, row, rows, pixel, cols};
    const bool first = to.pixels == 0;
    if (channels == S::kLanes) return add_group(Channels<true>{k, S::kLanes}, group, first, to);
    add_group(Channels<false>{k, channels}, group, first, to);
  }

  /// Adds `pixels` pixels of a row, for all channels of a panel.
  static void add_pixels(const T* y, Index pixel, Index pixels, Index channels,
                         ChannelSums<R>& to) {
    Index k = 0;
    for (; k + S::kLanes <= channels; k += S::kLanes) {
      add_groups(Channels<true>{k, S::kLanes}, y, pixel, pixels, to);
    }
    if (k < channels) add_groups(Channels<false>{k, channels - k}, y, pixel, pixels, to);
    to.pixels += pixels;
  }

 private:
  template <bool kWhole>
  static void add_groups(const Channels<kWhole> of, const T* y, Index pixel, Index pixels,
                         ChannelSums<R>& to) {
    bool first = to.pixels == 0;
    Index i = 0;
    for (; i + kGroup <= pixels; i += kGroup, first = false) {
      add_group(of, {y + i * pixel, 0, 1, pixel, kGroup}, first, to);
    }
    if (i < pixels) add_group(of, {y + i * pixel, 0, 1, pixel, pixels - i}, first, to);
  }
};

}  // namespace fpanet::kernels
