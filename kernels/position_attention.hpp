#pragma once
// Position attention without storing its P x P map (models/pab.hpp). It is meant for images of
// native resolution, where P = 5776 positions give a map of 133 MB in float.
//
//   S = C T^T        A = exp(S - max) / sum over all P*P entries of an image        M = A B
//
// C and T are (N,P,K), B and M are (N,P,channels). The map is computed `block_rows` rows at a time.
// Each block is normalised by its own max and sum. These suffice to rescale its rows of M once the
// max and sum of the whole map are known:
//
//   M_b = softmax(S_b) B,   then   M_b *= exp(max_b - max) sum_b / sum
//
// Backward recomputes the blocks from the saved max and sum of each image. Because sum(A dA) =
// sum(M dM), the softmax needs no sweep of its own:
//
//   dA = dM B^T    dS = A (dA - sum(M dM))    dB = A^T dM    dC = dS T    dT = dS^T C
//
// Source: the rescaling of online softmax (Milakov and Gimelshein, 2018) and FlashAttention (Dao et
// al., 2022), applied to the whole map instead of to rows.
// Derivation: docs/derivations/position_attention.md#without-storing-the-map

#include <cstddef>
#include <span>

#include "engine/core/device.hpp"
#include "engine/core/index.hpp"
#include "engine/core/write.hpp"
#include "kernels/softmax_body.hpp"

namespace fpanet::kernels {

struct AttentionSizes {
  Index images, positions, keys, channels;
  Index block_rows;  ///< 1 to positions

  Index blocks() const { return divide_up(positions, block_rows); }
  Index rows_in(Index block) const {
    const Index rest = positions - block * block_rows;
    return rest < block_rows ? rest : block_rows;
  }
};

template <class T>
struct AttentionInputs {
  const T *center, *top, *bottom;  ///< C, T, B
};

/// Gradients. Null members are not computed.
template <class T>
struct AttentionGradients {
  T *center, *top, *bottom;
  Write write_center, write_top, write_bottom;
};

/// `sums` (N): max and sum of each image's map, for backward.
template <class T>
void position_attention(const Cpu& cpu, const AttentionSizes& s, const AttentionInputs<T>& in, T* m,
                        body::MaxSum* sums, std::span<std::byte> workspace);
template <class T>
void position_attention(const Cuda& cuda, const AttentionSizes& s, const AttentionInputs<T>& in,
                        T* m, body::MaxSum* sums, std::span<std::byte> workspace);

template <class T>
void position_attention_backward(const Cpu& cpu, const AttentionSizes& s,
                                 const AttentionInputs<T>& in, const T* m, const body::MaxSum* sums,
                                 const T* dm, const AttentionGradients<T>& gradients,
                                 std::span<std::byte> workspace);
template <class T>
void position_attention_backward(const Cuda& cuda, const AttentionSizes& s,
                                 const AttentionInputs<T>& in, const T* m, const body::MaxSum* sums,
                                 const T* dm, const AttentionGradients<T>& gradients,
                                 std::span<std::byte> workspace);

/// Bytes of workspace for either function, at any alignment: two blocks of the map and a little
/// more.
template <class T>
std::size_t position_attention_workspace_bytes(const Cpu& cpu, const AttentionSizes& s);
template <class T>
std::size_t position_attention_workspace_bytes(const Cuda& cuda, const AttentionSizes& s);

}  // namespace fpanet::kernels
