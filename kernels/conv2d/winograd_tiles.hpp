#pragma once
// Transforms of Winograd's minimal filtering, one tile at a time. conv2d/winograd.hpp describes
// their use, winograd_filters.hpp their matrices.
//
// F(m x m, 3x3): the 3x3 convolution of a patch d, m+2 pixels a side, with the kernel w gives a
// tile y, m pixels a side, with (m+2)^2 multiplications instead of 9 m^2:
//
//   y = A^T [ (G w G^T) .* (B^T d B) ] A        and, by transposition of the same bilinear form,
//   dw = G^T [ (A dy A^T) .* (B^T d B) ] G.
//
//    m   multiplications per pixel   size of U relative to w
//    2   16/4  = 4                   1.8
//    4   36/16 = 2.25                4
//    5   49/25 = 1.96                5.4
//
// For a kernel of two taps a side, F(4x4,2x2) takes 25/16 = 1.56 multiplications per pixel.

#include "engine/core/shape.hpp"
#include "engine/core/write.hpp"
#include "kernels/conv2d/channel_sums.hpp"
#include "kernels/conv2d/epilogue.hpp"

namespace fpanet::kernels {

/// For F(4x4,3x3), which every pass can use: side of an output tile, positions of a transformed
/// tile.
inline constexpr Index kWinogradTile = 4, kWinogradPositions = 36;
inline constexpr Index kWinogradPhasePositions = 25;  ///< the same for kernels of two taps a side
/// Channels come in blocks of this size, so that a block is a whole number of vectors on every ISA.
inline constexpr Index kWinogradChannels = 16;
/// Images of more bytes than this are assumed not to be in cache: the share that one core has of a
/// server's last-level cache.
inline constexpr Index kWinogradCached = 8 * 1024 * 1024;

/// Images (N,H,W,C), each divided into tile_rows x tile_cols tiles, which are numbered over all
/// images.
template <class T>
struct WinogradImages {
  T* data;
  Index h, w, c;
  Index tile_rows, tile_cols;
  Index top, left;  ///< the patch of tile (i,j) starts at pixel (step*i - top, step*j - left)
  Index image, row, pixel;  ///< elements from one image, row or pixel to the next
  Index step;               ///< pixels from one tile to the next
  bool distant = false;     ///< not in a cache: pixels are prefetched one tile ahead

  /// n images whose pixels are contiguous.
  static WinogradImages dense(T* data, Index n, Index h, Index w, Index c, Index tile_rows,
                              Index tile_cols, Index padding, Index step = kWinogradTile) {
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
            .step = step,
            .distant = n * h * w * c * Index{sizeof(T)} > kWinogradCached};
  }
  /// Every second pixel of every second row of n images (N,2H,2W,C), starting at row r and column
  /// s.
  static WinogradImages phase(T* data, Index n, Index h, Index w, Index c, Index tile_rows,
                              Index tile_cols, Index r, Index s) {
    return {.data = data == nullptr ? nullptr : data + (2 * r * w + s) * c,
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
            .step = kWinogradTile,
            .distant = 4 * n * h * w * c * Index{sizeof(T)} > kWinogradCached};
  }
};

/// Transformed tiles. Channel k of position p of tile t is at data[p*position + t*tile + k/16*block
/// + k%16].
template <class T>
struct WinogradTiles {
  T* data;
  Index position, tile, block;
};

/// The transforms of one F(m x m, r x r). Images hold T and tiles hold Real<T>, so that the factors
/// of the products are never rounded to a narrower type, and y is rounded once.
template <class T>
struct WinogradForm {
  Index positions;  ///< of a transformed tile
  /// V = B^T d B for the patches of tiles [first, first + count), channels [begin, end).
  void (*patches)(const WinogradImages<const T>& x, Index first, Index count, Index begin,
                  Index end, const WinogradTiles<Real<T>>& v);
  /// y = A^T M A, then the epilogue, for channels [begin, end) of y, written to the part of each
  /// tile that lies in the image. Channel 0 of M is channel `begin` of y. The residual has the
  /// layout of y, and may be y. The written values are added to `sums`, if given.
  void (*outputs)(const WinogradTiles<const Real<T>>& m, const WinogradImages<T>& y, Index first,
                  Index count, Index begin, Index end, const Conv2dEpilogue<T>& epilogue,
                  Write write, ChannelSums<Real<T>>* sums);
  /// U = G w G^T of 3x3 kernels for `count` neighbouring columns. Tap t of column j is w[t*tap +
  /// j]; its position p is written to u[p*position + j]. Null for phases, which use phase_weights.
  void (*weights)(const T* w, Index tap, Index count, Real<T>* u, Index position) = nullptr;
};

template <class T>
struct WinogradKernels {
  WinogradForm<T> small;  ///< F(2x2,3x3)
  WinogradForm<T> whole;  ///< F(4x4,3x3)
  WinogradForm<T> large;  ///< F(5x5,3x3)
  WinogradForm<T> phase;  ///< F(4x4,2x2)
  /// Z = A dy A^T of 4x4 tiles, with 0 outside the image.
  void (*gradients)(const WinogradImages<const T>& dy, Index first, Index count, Index begin,
                    Index end, const WinogradTiles<Real<T>>& z);
  /// U, as computed by a form's `weights`, of the four 2x2 kernels that are equivalent to w on an
  /// image enlarged twofold (conv2d/winograd_phases.hpp). Phase p = 2r + s begins at u[p*phase].
  void (*phase_weights)(const T* w, Index tap, Index count, Real<T>* u, Index position,
                        Index phase);
  /// dw = G^T dU G, the transposed operation: from positions back to taps.
  void (*weight_gradients)(const Real<T>* du, Index position, Index count, Real<T>* dw, Index tap,
                           Write write);
};

}  // namespace fpanet::kernels
