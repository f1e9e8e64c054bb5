#pragma once
// winograd_tiles.hpp for one instruction set S (cpu_simd_*.hpp), vectors of Real<T> running over channels, which
// S loads from and stores to T, too.
// A two-dimensional transform is the one-dimensional one on columns, then on rows.

#include "kernels/winograd_tiles.hpp"

namespace fpanet::kernels {

template <class S, class T>
struct WinogradTransforms {
  using R = Real<T>;
  using Vector = typename S::Vector;

  static constexpr double kA = 0.625, kB = 1.5;
  static constexpr double kA2 = kA * kA, kB2 = kB * kB;
  static constexpr double kN0 = kA2 * kB2;
  static constexpr double kNa = 2 * kA2 * (kA2 - kB2), kNb = 2 * kB2 * (kB2 - kA2);

  // sum + factor * v
  static Vector add(Vector sum, double factor, Vector v) {
    return S::multiply_add(S::broadcast(static_cast<R>(factor)), v, sum);
  }
  static Vector scale(double factor, Vector v) { return S::broadcast(static_cast<R>(factor)) * v; }

  // For a kernel of kTaps a side: with two, there is no point at infinity.
  template <int kTaps>
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

  template <int kTaps>
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

  template <int kTaps>
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

  // from(i, j) gives the kFrom x kFrom values, to(i, j, v) takes the kTo x kTo results. Inlined,
  // and from and to hold plain values, so that addresses stay in registers.
  template <int kFrom, int kTo, void (*kTransform)(const Vector*, Vector*), class From, class To>
  [[gnu::always_inline]] static void transform(const From from, const To to) {
    Vector half[kTo][kFrom];
#pragma GCC unroll 1
    for (int j = 0; j < kFrom; ++j) {
      Vector column[kFrom], result[kTo];
#pragma GCC unroll 6
      for (int i = 0; i < kFrom; ++i) column[i] = from(i, j);
      kTransform(column, result);
#pragma GCC unroll 6
      for (int i = 0; i < kTo; ++i) half[i][j] = result[i];
    }
#pragma GCC unroll 1
    for (int i = 0; i < kTo; ++i) {
      Vector result[kTo];
      kTransform(half[i], result);
#pragma GCC unroll 6
      for (int j = 0; j < kTo; ++j) to(i, j, result[j]);
    }
  }

  // A vector of each of a grid of places in memory.
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
  // y's vectors finished by the epilogue; residual is null or starts where y does.
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

  // The first `count` channels of a vector, which the image's channels end within.
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

  // Where a tile lies; side is that of what is read or written there.
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

  // Asks for kRows x 4 pixels from p on, what a tile's right neighbour does not share with it; its
  // transforms take about as long as memory does. Into the second cache: a tile of many channels
  // would fill the first. Where pixels are cached the instructions alone cost 3 %.
  template <int kRows, int kWrite>
  [[gnu::always_inline]] static void fetch(const T* p, Index row, Index col) {
#pragma GCC unroll 6
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) __builtin_prefetch(p + i * row + j * col, kWrite, 2);
    }
  }

  template <class P>
  static Index offset(const WinogradTiles<P>& tiles, Index channel) {
    return channel / kWinogradChannels * tiles.block + channel % kWinogradChannels;
  }

  // Patches of x and tiles of dy: read kFrom x kFrom pixels, zeros outside, write kTo x kTo positions.
  template <int kFrom, int kTo, void (*kTransform)(const Vector*, Vector*)>
  static void read_tiles(const WinogradImages<const T>& images, Index first, Index count,
                         Index begin, Index end, const WinogradTiles<R>& tiles) {
    for (Index t = 0; t < count; ++t) {
      const Place<const T> place(images, first + t, kFrom);
      for (Index channel = begin; channel < end; channel += S::kLanes) {
        const Load<T> load{place.corner + channel, images.row, images.pixel};
        if (images.distant && channel % kWinogradChannels == 0) {
          fetch<kFrom, 0>(load.p + (images.step + kFrom - 4) * load.col, load.row, load.col);
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

  template <int kTaps>
  static void patches(const WinogradImages<const T>& x, Index first, Index count, Index begin,
                      Index end, const WinogradTiles<R>& v) {
    constexpr int kSide = kWinogradTile + kTaps - 1;
    read_tiles<kSide, kSide, patch<kTaps>>(x, first, count, begin, end, v);
  }

  static void gradients(const WinogradImages<const T>& dy, Index first, Index count, Index begin,
                        Index end, const WinogradTiles<R>& z) {
    read_tiles<4, 6, gradient>(dy, first, count, begin, end, z);
  }

  template <int kTaps>
  static void outputs(const WinogradTiles<const R>& m, const WinogradImages<T>& y, Index first,
                      Index count, Index begin, Index end, const Conv2dEpilogue<T>& epilogue,
                      Write write) {
    constexpr int kSide = kWinogradTile + kTaps - 1;
    for (Index t = 0; t < count; ++t) {
      const Place<T> place(y, first + t, kWinogradTile);
      for (Index channel = begin; channel < end; channel += S::kLanes) {
        const Load<R> load{m.data + t * m.tile + offset(m, channel - begin), kSide * m.position,
                           m.position};
        const Store<T> store{place.corner + channel, y.row, y.pixel};
        if (y.distant && channel % kWinogradChannels == 0) {
          fetch<4, 1>(store.p + y.step * store.col, store.row, store.col);
        }
        const T* const residual =
            epilogue.residual ? epilogue.residual + (store.p - y.data) : nullptr;
        if (end - channel < S::kLanes) {
          const Index tail = end - channel;
          const Vector bias =
              epilogue.bias ? S::load_partial(epilogue.bias + channel, tail) : Vector{};
          transform<kSide, 4, output<kTaps>>(
              load, StoreTail{store.p, store.row, store.col, tail, bias, residual, epilogue.relu,
                              write, place.inside});
          continue;
        }
        const Finish finish{epilogue.bias ? S::load(epilogue.bias + channel) : Vector{}, residual,
                            store.row, store.col, epilogue.relu};
        if (place.interior && write == Write::assign) {
          transform<kSide, 4, output<kTaps>>(load, StoreFinished{store, finish});
        } else {
          transform<kSide, 4, output<kTaps>>(
              load, StoreInside{{store.p, store.row, store.col, write}, finish, place.inside});
        }
      }
    }
  }

  static void weights(const T* w, Index tap, Index count, R* u, Index position) {
    for (Index k = 0; k < count; k += S::kLanes) {
      transform<3, 6, weight<3>>(Load<T>{w + k, 3 * tap, tap},
                                 Store<R>{u + k, 6 * position, position});
    }
  }

  // The taps of phase (r,s): a pixel of the small image is read by the rows 0 | 1,2 of w where r = 0
  // and by 0,1 | 2 where r = 1, and so for the columns.
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
        transform<2, 5, weight<2>>(PhaseTaps{{w + k, 3 * tap, tap}, p / 2, p % 2},
                                   Store<R>{u + p * phase + k, 5 * position, position});
      }
    }
  }

  static void weight_gradients(const R* du, Index position, Index count, R* dw, Index tap,
                               Write write) {
    for (Index k = 0; k < count; k += S::kLanes) {
      transform<6, 3, weight_gradient>(Load<R>{du + k, 6 * position, position},
                                       StoreOrAdd<R>{dw + k, 3 * tap, tap, write});
    }
  }

  static constexpr WinogradKernels<T> kernels() {
    return {.whole = {kWinogradPositions, patches<3>, outputs<3>},
            .phase = {kWinogradPhasePositions, patches<2>, outputs<2>},
            .gradients = gradients,
            .weights = weights,
            .phase_weights = phase_weights,
            .weight_gradients = weight_gradients};
  }
};

}  // namespace fpanet::kernels
