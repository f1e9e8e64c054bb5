#pragma once
// winograd_tiles.hpp for one instruction set S (cpu_simd_*.hpp), vectors running over channels.
// A two-dimensional transform is the one-dimensional one on columns, then on rows.

#include "kernels/winograd_tiles.hpp"

namespace fpanet::kernels {

template <class S>
struct WinogradTransforms {
  using T = typename S::Scalar;
  using Vector = typename S::Vector;

  static constexpr double kA = 0.625, kB = 1.5;
  static constexpr double kA2 = kA * kA, kB2 = kB * kB;
  static constexpr double kN0 = kA2 * kB2;
  static constexpr double kNa = 2 * kA2 * (kA2 - kB2), kNb = 2 * kB2 * (kB2 - kA2);

  // sum + factor * v
  static Vector add(Vector sum, double factor, Vector v) {
    return S::multiply_add(S::broadcast(static_cast<T>(factor)), v, sum);
  }
  static Vector scale(double factor, Vector v) { return S::broadcast(static_cast<T>(factor)) * v; }

  static void patch(const Vector* d, Vector* v) {  // B^T
    const Vector even_a = add(d[4], -kB2, d[2]), odd_a = add(d[3], -kB2, d[1]);
    const Vector even_b = add(d[4], -kA2, d[2]), odd_b = add(d[3], -kA2, d[1]);
    v[0] = add(add(d[4], -kA2 - kB2, d[2]), kA2 * kB2, d[0]);
    v[1] = add(even_a, kA, odd_a);
    v[2] = add(even_a, -kA, odd_a);
    v[3] = add(even_b, kB, odd_b);
    v[4] = add(even_b, -kB, odd_b);
    v[5] = add(add(d[5], -kA2 - kB2, d[3]), kA2 * kB2, d[1]);
  }

  static void output(const Vector* m, Vector* y) {  // A^T
    const Vector even_a = m[1] + m[2], odd_a = m[1] - m[2];
    const Vector even_b = m[3] + m[4], odd_b = m[3] - m[4];
    y[0] = m[0] + even_a + even_b;
    y[1] = add(scale(kA, odd_a), kB, odd_b);
    y[2] = add(scale(kA2, even_a), kB2, even_b);
    y[3] = add(add(m[5], kA2 * kA, odd_a), kB2 * kB, odd_b);
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
    const Vector even_a = add(scale(1 / kNa, w[0]), kA2 / kNa, w[2]);
    const Vector even_b = add(scale(1 / kNb, w[0]), kB2 / kNb, w[2]);
    u[0] = scale(1 / kN0, w[0]);
    u[1] = add(even_a, kA / kNa, w[1]);
    u[2] = add(even_a, -kA / kNa, w[1]);
    u[3] = add(even_b, kB / kNb, w[1]);
    u[4] = add(even_b, -kB / kNb, w[1]);
    u[5] = w[2];
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
  struct Load {
    const T* p;
    Index row, col;
    [[gnu::always_inline]] Vector operator()(int i, int j) const {
      return S::load(p + i * row + j * col);
    }
  };
  struct Store {
    T* p;
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
    Store store;
    Finish finish;
    [[gnu::always_inline]] void operator()(int i, int j, Vector v) const {
      store(i, j, finish(i, j, v));
    }
  };
  struct StoreOrAdd {
    T* p;
    Index row, col;
    Write write;
    [[gnu::always_inline]] void operator()(int i, int j, Vector v) const {
      T* const to = p + i * row + j * col;
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
    Load load;
    Inside inside;
    [[gnu::always_inline]] Vector operator()(int i, int j) const {
      return inside(i, j) ? load(i, j) : Vector{};
    }
  };
  struct StoreInside {
    StoreOrAdd store;
    Finish finish;
    Inside inside;
    [[gnu::always_inline]] void operator()(int i, int j, Vector v) const {
      if (inside(i, j)) store(i, j, finish(i, j, v));
    }
  };

  // Where a tile lies; side is 6 for patches and 4 for tiles of the output.
  template <class P>
  struct Place {
    P* corner;  // may lie outside the image
    Inside inside;
    bool interior;

    Place(const WinogradImages<P>& images, Index tile, Index side, Index padding) {
      const Index per_image = images.tile_rows * images.tile_cols;
      const Index image = tile / per_image, in_image = tile % per_image;
      const Index y = in_image / images.tile_cols * kWinogradTile - padding;
      const Index x = in_image % images.tile_cols * kWinogradTile - padding;
      corner = images.data + ((image * images.h + y) * images.w + x) * images.c;
      inside = {-y, images.h - y, -x, images.w - x};
      interior = y >= 0 && x >= 0 && y + side <= images.h && x + side <= images.w;
    }
  };

  template <class P>
  static Index offset(const WinogradTiles<P>& tiles, Index channel) {
    return channel / kWinogradChannels * tiles.block + channel % kWinogradChannels;
  }

  // Patches of x and tiles of dy: read kSide x kSide pixels, zeros outside, write 6 x 6 positions.
  template <int kSide, void (*kTransform)(const Vector*, Vector*)>
  static void read_tiles(const WinogradImages<const T>& images, Index padding, Index first,
                         Index count, Index begin, Index end, const WinogradTiles<T>& tiles) {
    for (Index t = 0; t < count; ++t) {
      const Place<const T> place(images, first + t, kSide, padding);
      for (Index channel = begin; channel < end; channel += S::kLanes) {
        const Load load{place.corner + channel, images.w * images.c, images.c};
        const Store store{tiles.data + t * tiles.tile + offset(tiles, channel), 6 * tiles.position,
                          tiles.position};
        if (place.interior) {
          transform<kSide, 6, kTransform>(load, store);
        } else {
          transform<kSide, 6, kTransform>(LoadInside{load, place.inside}, store);
        }
      }
    }
  }

  static void patches(const WinogradImages<const T>& x, Index first, Index count, Index begin,
                      Index end, const WinogradTiles<T>& v) {
    read_tiles<6, patch>(x, x.padding, first, count, begin, end, v);
  }

  static void gradients(const WinogradImages<const T>& dy, Index first, Index count, Index begin,
                        Index end, const WinogradTiles<T>& z) {
    read_tiles<4, gradient>(dy, 0, first, count, begin, end, z);
  }

  static void outputs(const WinogradTiles<const T>& m, const WinogradImages<T>& y, Index first,
                      Index count, Index begin, Index end, const Conv2dEpilogue<T>& epilogue,
                      Write write) {
    for (Index t = 0; t < count; ++t) {
      const Place<T> place(y, first + t, kWinogradTile, 0);
      for (Index channel = begin; channel < end; channel += S::kLanes) {
        const Load load{m.data + t * m.tile + offset(m, channel - begin), 6 * m.position,
                        m.position};
        const Store store{place.corner + channel, y.w * y.c, y.c};
        const Finish finish{epilogue.bias ? S::load(epilogue.bias + channel) : Vector{},
                            epilogue.residual ? epilogue.residual + (store.p - y.data) : nullptr,
                            store.row, store.col, epilogue.relu};
        if (place.interior && write == Write::assign) {
          transform<6, 4, output>(load, StoreFinished{store, finish});
        } else {
          transform<6, 4, output>(
              load, StoreInside{{store.p, store.row, store.col, write}, finish, place.inside});
        }
      }
    }
  }

  static void weights(const T* w, Index tap, Index count, T* u, Index position) {
    for (Index k = 0; k < count; k += S::kLanes) {
      transform<3, 6, weight>(Load{w + k, 3 * tap, tap}, Store{u + k, 6 * position, position});
    }
  }

  static void weight_gradients(const T* du, Index position, Index count, T* dw, Index tap,
                               Write write) {
    for (Index k = 0; k < count; k += S::kLanes) {
      transform<6, 3, weight_gradient>(Load{du + k, 6 * position, position},
                                       StoreOrAdd{dw + k, 3 * tap, tap, write});
    }
  }

  static constexpr WinogradKernels<T> kernels() {
    return {patches, gradients, outputs, weights, weight_gradients};
  }
};

}  // namespace fpanet::kernels
