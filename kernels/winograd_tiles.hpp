#pragma once
// Transforms of Winograd's minimal filtering F(4x4,3x3), one tile at a time; what they are for is
// told in conv2d_winograd.hpp.
//
// A 3x3 convolution of a 6x6 patch d with the kernel w gives a 4x4 tile y with 36 multiplications
// instead of 144 (Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016):
//
//   y = A^T [ (G w G^T) .* (B^T d B) ] A        and, by transposition of the same bilinear form,
//   dw = G^T [ (A dy A^T) .* (B^T d B) ] G.
//
// The matrices evaluate and interpolate polynomials at 0, +-a, +-b and infinity (a2 is a squared):
//
//         | a2b2   0   -a2-b2    0     1   0 |         | 1/n0    0      0   |
//         |  0   -ab2    -b2     a     1   0 |         | 1/na   a/na  a2/na |
//   B^T = |  0    ab2    -b2    -a     1   0 |     G = | 1/na  -a/na  a2/na |
//         |  0   -ba2    -a2     b     1   0 |         | 1/nb   b/nb  b2/nb |
//         |  0    ba2    -a2    -b     1   0 |         | 1/nb  -b/nb  b2/nb |
//         |  0   a2b2     0   -a2-b2   0   1 |         |  0      0      1   |
//
//         | 1   1   1   1   1   0 |
//   A^T = | 0   a  -a   b  -b   0 |
//         | 0  a2  a2  b2  b2   0 |
//         | 0  a3 -a3  b3 -b3   1 |
//
// with n0 = a2b2, na = 2 a2 (a2 - b2), nb = 2 b2 (b2 - a2). The usual a = 1, b = 2 make the entries
// small integers but the rounding error large; a = 5/8, b = 3/2 are exact in binary too and make
// the error half as large (docs/performance.md has the numbers).
//
// At infinity G looks at the third tap alone. A kernel of two taps a side therefore needs neither
// that point nor the sixth row and column of its patch: F(4x4,2x2), 25 multiplications.

#include "engine/core/shape.hpp"
#include "engine/core/write.hpp"
#include "kernels/conv2d_epilogue.hpp"

namespace fpanet::kernels {

inline constexpr Index kWinogradTile = 4;             ///< side of an output tile
inline constexpr Index kWinogradPositions = 36;       ///< of a transformed tile
inline constexpr Index kWinogradPhasePositions = 25;  ///< the same for kernels of two taps a side
/// Channels come in blocks of this many, so that a block is whole vectors at every CPU level.
inline constexpr Index kWinogradChannels = 16;
/// Images of more bytes than this are not expected in a cache: a core's share of a server's last level.
inline constexpr Index kWinogradCached = 8 * 1024 * 1024;

/// Images (N,H,W,C) cut into tile_rows x tile_cols tiles each; tiles are counted over all images.
template <class T>
struct WinogradImages {
  T* data;
  Index h, w, c;
  Index tile_rows, tile_cols;
  Index top, left;          ///< tile (i,j)'s patch starts at pixel (step*i - top, step*j - left)
  Index image, row, pixel;  ///< elements from one to the next
  Index step = kWinogradTile;
  bool distant = false;  ///< in memory, not in a cache: a tile's pixels are asked for a tile ahead

  /// n images without gaps between their pixels.
  static WinogradImages dense(T* data, Index n, Index h, Index w, Index c, Index tile_rows,
                              Index tile_cols, Index padding) {
    return {.data = data,
            .h = h,
            .w = w,
            .c = c,
            .tile_rows = tile_rows,
            .tile_cols = tile_cols,
            .top = padding,
            .left = padding,
            .image = h * w * c,
            .row = w * c,
            .pixel = c,
            .distant = n * h * w * c * Index{sizeof(T)} > kWinogradCached};
  }
  /// Every second pixel of every second row of n images (N,2H,2W,C), from row r and column s on.
  static WinogradImages phase(T* data, Index n, Index h, Index w, Index c, Index tile_rows,
                              Index tile_cols, Index r, Index s) {
    return {.data = data + (2 * r * w + s) * c,
            .h = h,
            .w = w,
            .c = c,
            .tile_rows = tile_rows,
            .tile_cols = tile_cols,
            .top = 0,
            .left = 0,
            .image = 4 * h * w * c,
            .row = 4 * w * c,
            .pixel = 2 * c,
            .distant = 4 * n * h * w * c * Index{sizeof(T)} > kWinogradCached};
  }
};

/// Transformed tiles: channel k of position p of tile t lies at
/// data[p*position + t*tile + k/16*block + k%16].
template <class T>
struct WinogradTiles {
  T* data;
  Index position, tile, block;
};

/// The transforms of x and y for kernels of one size. Images hold T; tiles hold Real<T>, so that what is
/// multiplied is never rounded to a narrower type, and y is rounded once.
template <class T>
struct WinogradForm {
  Index positions;
  /// V = B^T d B of the patches of tiles [first, first + count), channels [begin, end).
  void (*patches)(const WinogradImages<const T>& x, Index first, Index count, Index begin,
                  Index end, const WinogradTiles<Real<T>>& v);
  /// y = A^T M A, then the epilogue, into the part of the 4x4 tiles that lies in the image, for
  /// channels [begin, end) of y; M's channel 0 is y's channel `begin`. The residual lies as
  /// y does, and may be y.
  void (*outputs)(const WinogradTiles<const Real<T>>& m, const WinogradImages<T>& y, Index first,
                  Index count, Index begin, Index end, const Conv2dEpilogue<T>& epilogue,
                  Write write);
};

template <class T>
struct WinogradKernels {
  WinogradForm<T> whole;  ///< 3x3: 36 positions
  WinogradForm<T> phase;  ///< 2x2: 25 positions
  /// Z = A dy A^T of 4x4 tiles, 0 outside the image; padding is not looked at.
  void (*gradients)(const WinogradImages<const T>& dy, Index first, Index count, Index begin,
                    Index end, const WinogradTiles<Real<T>>& z);
  /// U = G w G^T for `count` neighbouring columns: tap t of column j is w[t*tap + j], position p of
  /// it becomes u[p*position + j].
  void (*weights)(const T* w, Index tap, Index count, Real<T>* u, Index position);
  /// The same for the four 2x2 kernels that w is on an image enlarged twofold
  /// (conv2d_winograd_upsampled.cpp): phase p = 2r + s begins at u[p*phase].
  void (*phase_weights)(const T* w, Index tap, Index count, Real<T>* u, Index position,
                        Index phase);
  /// dw = G^T dU G, the other way round.
  void (*weight_gradients)(const Real<T>* du, Index position, Index count, Real<T>* dw, Index tap,
                           Write write);
};

}  // namespace fpanet::kernels
