#pragma once
// Pictures of what is inside a network: feature maps, filters, attention.

#include "data/image.hpp"
#include "engine/core/tensor.hpp"

namespace fpanet {

/// Values f32 (1,C,H,W) around zero as a picture: zero is gray, and the largest magnitude black or
/// white. Shows channels `first` to `first` + 2 as red, green and blue, or one of them as gray if there
/// are fewer than three.
Image signed_picture(const Tensor& values, Index first, Index channels);

/// The channels of f32 (1,C,h,w), at most 64, in a grid. Each goes from black, its smallest value, to
/// white, its largest.
Image feature_grid(const Tensor& features);

/// The filters f32 (O,I,K,K) of a convolution, at most 64, in a grid, each from its smallest to its
/// largest value. The first three input channels are red, green and blue; fewer are gray.
Image filter_grid(const Tensor& weight);

/// Values of a small map (rows x columns, not negative) from black, 0, over red to white, the largest,
/// each as a square of `side` pixels.
Image heat(std::span<const double> values, Index rows, Index columns, Index side);

/// Where the mass of an attention map f32 (P,P) lies, P = rows x columns positions: for each position,
/// how much all others take from it.
std::vector<double> received(const Tensor& attention);

}  // namespace fpanet
