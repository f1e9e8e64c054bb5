#pragma once
// The transforms of winograd_tiles.hpp for one ISA S (simd/*.hpp). Vectors of Real<T> run over
// channels; S also loads them from T and stores them to T. A two-dimensional transform is the
// one-dimensional transform of the columns, then of the rows.

#include "kernels/base/compiler.hpp"
#include "kernels/conv2d/channel_sums_body.hpp"
#include "kernels/conv2d/winograd_filters.hpp"
#include "kernels/conv2d/winograd_tiles.hpp"

namespace fpanet::kernels {

template <class S, class T>
struct WinogradTransforms {
  using R = Real<T>;
  using Vector = typename S::Vector;
  using Summation = ChannelSummation<S, T>;
  static constexpr bool kStoresExactly = sizeof(T) == sizeof(R);

  using Small = WinogradFilter2<S, R>;
  using Whole = WinogradFilter4<S, R, 3>;
  using Phase = WinogradFilter4<S, R, 2>;
  using Large = WinogradFilter5<S, R>;

  // from(i, j) returns the kFrom x kFrom values; to(i, j, v) receives the kTo x kTo results.
  // Inlined, with `from` and `to` passed by value, so that addresses stay in registers.
  template <int kFrom, int kTo, void (*kTransform)(const Vector*, Vector*), class From, class To>
  [[gnu::always_inline]] static void transform(const From from, const To to) {
    Vector half[kTo][kFrom];
    FPANET_UNROLL_UP_TO(1)
    for (int j = 0; j < kFrom; ++j) {
      Vector column[kFrom], result[kTo];
      FPANET_UNROLL_UP_TO(7)
      for (int i = 0; i < kFrom; ++i) column[i] = from(i, j);
      kTransform(column, result);
      FPANET_UNROLL_UP_TO(7)
      for (int i = 0; i < kTo; ++i) half[i][j] = result[i];
    }
    FPANET_UNROLL_UP_TO(1)
    for (int i = 0; i < kTo; ++i) {
      Vector result[kTo];
      kTransform(half[i], result);
      FPANET_UNROLL_UP_TO(7)
      for (int j = 0; j < kTo; ++j) to(i, j, result[j]);
    }
  }

  // Loads the vector at (i, j) of a grid of addresses.
  template <class P>
  struct Load {
    const P* p;
    Index row, col;
    [[gnu::always_inline]] Vector operator()(int i, int j) const {
      return S::load(p + i * row + j * col);
    }
  };
  template <class P>
  struct Store {
    P* p;
    Index row, col;
    [[gnu::always_inline]] void operator()(int i, int j, Vector v) const {
      S::store(p + i * row + j * col, v);
    }
  };
  // Applies the epilogue to vectors of y. residual is null or starts at the address that
  // corresponds to y's.
  struct Finish {
    Vector bias;
    const T* residual;
    Index row, col;
    bool relu;
    [[gnu::always_inline]] Vector operator()(int i, int j, Vector v) const {
      v = v + bias;
      if (residual != nullptr) v = v + S::load(residual + i * row + j * col);
      return relu ? S::max(Vector{}, v) : v;
    }
  };
  struct StoreFinished {
    Store<T> store;
    Finish finish;
    [[gnu::always_inline]] void operator()(int i, int j, Vector v) const {
      store(i, j, finish(i, j, v));
    }
  };
  struct StoreSummed {
    Store<T> store;
    Finish finish;
    typename Summation::InRegisters* sums;
    [[gnu::always_inline]] void operator()(int i, int j, Vector v) const {
      const Vector value = finish(i, j, v);
      store(i, j, value);
      sums->add(j, value);
    }
  };
  template <class P>
  struct StoreOrAdd {
    P* p;
    Index row, col;
    Write write;
    [[gnu::always_inline]] void operator()(int i, int j, Vector v) const {
      P* const to = p + i * row + j * col;
      S::store(to, write == Write::assign ? v : v + S::load(to));
    }
  };

  // The pixels of a tile that lie in the image: rows [top, bottom), columns [left, right).
  struct Inside {
    Index top, bottom, left, right;
    bool operator()(Index i, Index j) const {
      return i >= top && i < bottom && j >= left && j < right;
    }
    // Rows and columns inside the image, for a tile of y whose corner is a pixel of the image.
    Index rows(Index tile) const { return bottom < tile ? bottom : tile; }
    Index cols(Index tile) const { return right < tile ? right : tile; }
  };
  struct LoadInside {
    Load<T> load;
    Inside inside;
    [[gnu::always_inline]] Vector operator()(int i, int j) const {
      return inside(i, j) ? load(i, j) : Vector{};
    }
  };
  struct StoreInside {
    StoreOrAdd<T> store;
    Finish finish;
    Inside inside;
    [[gnu::always_inline]] void operator()(int i, int j, Vector v) const {
      if (inside(i, j)) store(i, j, finish(i, j, v));
    }
  };

  // Stores the first `count` channels of a vector, in which the image's channels end.
  struct StoreTail {
    T* p;
    Index row, col, count;
    Vector bias;
    const T* residual;
    bool relu;
    Write write;
    Inside inside;
    [[gnu::always_inline]] void operator()(int i, int j, Vector v) const {
      if (!inside(i, j)) return;
      const Index at = i * row + j * col;
      v = v + bias;
      if (residual != nullptr) v = v + S::load_partial(residual + at, count);
      if (relu) v = S::max(Vector{}, v);
      if (write == Write::accumulate) v = v + S::load_partial(p + at, count);
      S::store_partial(p + at, v, count);
    }
  };

  // Position of a tile; `side` is that of the patch or tile which is read or written there.
  template <class P>
  struct Place {
    P* corner;  // may lie outside the image
    Inside inside;
    bool interior;

    Place(const WinogradImages<P>& images, Index tile, Index side) {
      const Index per_image = images.tile_rows * images.tile_cols;
      const Index image = tile / per_image, in_image = tile % per_image;
      const Index y = in_image / images.tile_cols * images.step - images.top;
      const Index x = in_image % images.tile_cols * images.step - images.left;
      corner = images.data + image * images.image + y * images.row + x * images.pixel;
      inside = {-y, images.h - y, -x, images.w - x};
      interior = y >= 0 && x >= 0 && y + side <= images.h && x + side <= images.w;
    }
  };

  // Prefetches the kRows x kCols pixels from p on, which the right neighbour of a tile does not
  // share with it. The transforms of a tile take about as long as these loads from memory.
  // Prefetches to L2, because a tile of many channels would fill L1. If the pixels are already
  // cached, the prefetch instructions cost 3 %.
  template <int kRows, int kCols, int kWrite>
  [[gnu::always_inline]] static void fetch(const T* p, Index row, Index col) {
    FPANET_UNROLL_UP_TO(7)
    for (int i = 0; i < kRows; ++i) {
      FPANET_UNROLL_UP_TO(5)
      for (int j = 0; j < kCols; ++j) __builtin_prefetch(p + i * row + j * col, kWrite, 2);
    }
  }

  template <class P>
  static Index offset(const WinogradTiles<P>& tiles, Index channel) {
    return channel / kWinogradChannels * tiles.block + channel % kWinogradChannels;
  }

  // Transforms patches of x or tiles of dy, which are kTile apart: reads kFrom x kFrom pixels, with
  // zeros outside the image, and writes kTo x kTo positions.
  template <int kTile, int kFrom, int kTo, void (*kTransform)(const Vector*, Vector*)>
  static void read_tiles(const WinogradImages<const T>& images, Index first, Index count,
                         Index begin, Index end, const WinogradTiles<R>& tiles) {
    for (Index t = 0; t < count; ++t) {
      const Place<const T> place(images, first + t, kFrom);
      for (Index channel = begin; channel < end; channel += S::kLanes) {
        const Load<T> load{place.corner + channel, images.row, images.pixel};
        if (images.distant && channel % kWinogradChannels == 0) {
          fetch<kFrom, kTile, 0>(load.p + (images.step + kFrom - kTile) * load.col, load.row,
                                 load.col);
        }
        const Store<R> store{tiles.data + t * tiles.tile + offset(tiles, channel),
                             kTo * tiles.position, tiles.position};
        if (place.interior) {
          transform<kFrom, kTo, kTransform>(load, store);
        } else {
          transform<kFrom, kTo, kTransform>(LoadInside{load, place.inside}, store);
        }
      }
    }
  }

  template <class Filter>
  static constexpr int kSide = Filter::kTile + Filter::kTaps - 1;

  template <class Filter>
  static void patches(const WinogradImages<const T>& x, Index first, Index count, Index begin,
                      Index end, const WinogradTiles<R>& v) {
    constexpr int kFrom = kSide<Filter>;
    read_tiles<Filter::kTile, kFrom, kFrom, Filter::patch>(x, first, count, begin, end, v);
  }

  static void gradients(const WinogradImages<const T>& dy, Index first, Index count, Index begin,
                        Index end, const WinogradTiles<R>& z) {
    read_tiles<4, 4, 6, Whole::gradient>(dy, first, count, begin, end, z);
  }

  template <class Filter>
  static void outputs(const WinogradTiles<const R>& m, const WinogradImages<T>& y, Index first,
                      Index count, Index begin, Index end, const Conv2dEpilogue<T>& epilogue,
                      Write write, ChannelSums<R>* sums) {
    constexpr int kFrom = kSide<Filter>, kTile = Filter::kTile;
    for (Index t = 0; t < count; ++t) {
      const Place<T> place(y, first + t, kTile);
      for (Index channel = begin; channel < end; channel += S::kLanes) {
        const Load<R> load{m.data + t * m.tile + offset(m, channel - begin), kFrom * m.position,
                           m.position};
        const Store<T> store{place.corner + channel, y.row, y.pixel};
        const auto sum_stored = [&](Index channels) {
          if (sums == nullptr) return;
          Summation::add_tile(store.p, y.row, place.inside.rows(kTile), y.pixel,
                              place.inside.cols(kTile), channel - begin, channels, *sums);
        };
        if (y.distant && channel % kWinogradChannels == 0) {
          fetch<kTile, kTile, 1>(store.p + y.step * store.col, store.row, store.col);
        }
        const T* const residual =
            epilogue.residual ? epilogue.residual + (store.p - y.data) : nullptr;
        if (end - channel < S::kLanes) {
          const Index tail = end - channel;
          const Vector bias =
              epilogue.bias ? S::load_partial(epilogue.bias + channel, tail) : Vector{};
          transform<kFrom, kTile, Filter::output>(
              load, StoreTail{store.p, store.row, store.col, tail, bias, residual, epilogue.relu,
                              write, place.inside});
          sum_stored(tail);
          continue;
        }
        const Finish finish{epilogue.bias ? S::load(epilogue.bias + channel) : Vector{}, residual,
                            store.row, store.col, epilogue.relu};
        if (place.interior && write == Write::assign) {
          if (kStoresExactly && sums != nullptr && sums->pixels > 0) {
            const Index k = channel - begin;
            typename Summation::InRegisters tile{S::load(sums->centre + k)};
            transform<kFrom, kTile, Filter::output>(load, StoreSummed{store, finish, &tile});
            tile.fold(kTile * kTile, k, *sums);
            continue;
          }
          transform<kFrom, kTile, Filter::output>(load, StoreFinished{store, finish});
        } else {
          transform<kFrom, kTile, Filter::output>(
              load, StoreInside{{store.p, store.row, store.col, write}, finish, place.inside});
        }
        sum_stored(S::kLanes);
      }
      if (sums != nullptr) sums->pixels += place.inside.rows(kTile) * place.inside.cols(kTile);
    }
  }

  template <class Filter>
  static void weights(const T* w, Index tap, Index count, R* u, Index position) {
    constexpr int kTo = kSide<Filter>;
    for (Index k = 0; k < count; k += S::kLanes) {
      transform<3, kTo, Filter::weight>(Load<T>{w + k, 3 * tap, tap},
                                        Store<R>{u + k, kTo * position, position});
    }
  }

  // The 2x2 taps of phase (r,s), which are sums of the taps of w that read the same pixel of the
  // small image: rows 0 | 1,2 of w if r = 0, and rows 0,1 | 2 if r = 1. s selects columns likewise.
  struct PhaseTaps {
    Load<T> w;
    int r, s;
    [[gnu::always_inline]] Vector row(int i, int j) const {
      if (i == r) return w(2 * r, j);
      return w(1, j) + w(2 - 2 * r, j);
    }
    [[gnu::always_inline]] Vector operator()(int i, int j) const {
      if (j == s) return row(i, 2 * s);
      return row(i, 1) + row(i, 2 - 2 * s);
    }
  };

  static void phase_weights(const T* w, Index tap, Index count, R* u, Index position, Index phase) {
    for (int p = 0; p < 4; ++p) {
      for (Index k = 0; k < count; k += S::kLanes) {
        transform<2, 5, Phase::weight>(PhaseTaps{{w + k, 3 * tap, tap}, p / 2, p % 2},
                                       Store<R>{u + p * phase + k, 5 * position, position});
      }
    }
  }

  static void weight_gradients(const R* du, Index position, Index count, R* dw, Index tap,
                               Write write) {
    for (Index k = 0; k < count; k += S::kLanes) {
      transform<6, 3, Whole::weight_gradient>(Load<R>{du + k, 6 * position, position},
                                              StoreOrAdd<R>{dw + k, 3 * tap, tap, write});
    }
  }

  template <class Filter>
  static constexpr WinogradForm<T> form() {
    return {.positions = kSide<Filter> * kSide<Filter>,
            .patches = patches<Filter>,
            .outputs = outputs<Filter>};
  }
  template <class Filter>
  static constexpr WinogradForm<T> form_of_whole_kernels() {
    WinogradForm<T> whole = form<Filter>();
    whole.weights = weights<Filter>;
    return whole;
  }

  static constexpr WinogradKernels<T> kernels() {
    return {.small = form_of_whole_kernels<Small>(),
            .whole = form_of_whole_kernels<Whole>(),
            .large = form_of_whole_kernels<Large>(),
            .phase = form<Phase>(),
            .gradients = gradients,
            .phase_weights = phase_weights,
            .weight_gradients = weight_gradients};
  }
};

}  // namespace fpanet::kernels
