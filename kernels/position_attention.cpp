#include "kernels/position_attention.hpp"

#include "engine/core/parallel.hpp"
#include "kernels/position_attention_blocks.hpp"
#include "kernels/softmax/cpu.hpp"

namespace fpanet::kernels {
namespace {

using body::MaxSum;

template <class T>
struct CpuSteps {
  using R = Real<T>;

  const Cpu& cpu;
  std::span<std::byte> workspace;

  static std::size_t workspace_bytes(const Cpu&, Index count) {
    return kScratchAlignment + scratch_bytes<MaxSum>(divide_up(count, kElementwiseChunk));
  }

  void normalise(T* map, Index count, MaxSum* sum) const {
    if constexpr (kRounded<T>) {
      exponentials_twice(map, count, sum);
    } else {
      exponentials_once(map, count, sum);
    }
  }

  /// Stores the exponentials in the map until their sum is known.
  void exponentials_once(T* map, Index count, MaxSum* sum) const {
    auto* const parts = Scratch(workspace).take<MaxSum>(divide_up(count, kElementwiseChunk));
    parallel_chunks(cpu, count, kElementwiseChunk, [&](Index begin, Index end, Index chunk) {
      const T largest = *std::max_element(map + begin, map + end);
      double total = 0;
      for (Index i = begin; i < end; ++i) {
        map[i] = body::exp_of_shifted(body::shifted_by_largest(map[i], largest));
        total += static_cast<double>(map[i]);
      }
      parts[chunk] = {static_cast<double>(largest), total};
    });
    combine(parts, divide_up(count, kElementwiseChunk), sum);
    parallel_chunks(cpu, count, kElementwiseChunk, [&](Index begin, Index end, Index chunk) {
      const T factor = static_cast<T>(std::exp(parts[chunk].max - sum->max) / sum->sum);
      for (Index i = begin; i < end; ++i) map[i] = body::without_subnormal(map[i] * factor);
    });
  }

  /// Computes the exponentials twice, because storing them in the map would round them.
  void exponentials_twice(T* map, Index count, MaxSum* sum) const {
    auto* const parts = Scratch(workspace).take<MaxSum>(divide_up(count, kElementwiseChunk));
    parallel_chunks(cpu, count, kElementwiseChunk, [&](Index begin, Index end, Index chunk) {
      parts[chunk] = max_and_sum(map + begin, end - begin);
    });
    combine(parts, divide_up(count, kElementwiseChunk), sum);
    normalise_by(map, count, sum);
  }

  void normalise_by(T* map, Index count, const MaxSum* sum) const {
    parallel_chunks(cpu, count, kElementwiseChunk, [&](Index begin, Index end, Index) {
      softmax_by(map + begin, end - begin, *sum, map + begin);
    });
  }

  void combine(const MaxSum* parts, Index count, MaxSum* whole) const {
    MaxSum total = parts[0];
    for (Index i = 1; i < count; ++i) total = MaxSum::combine(total, parts[i]);
    *whole = total;
  }

  void rescale(T* m, const AttentionSizes& s, const MaxSum* parts, const MaxSum* whole) const {
    parallel_for(cpu, s.positions, [&](Index row) {
      const auto factor = static_cast<R>(body::share_of(parts[row / s.block_rows], *whole));
      T* const values = m + row * s.channels;
      for (Index c = 0; c < s.channels; ++c) values[c] = T(real(values[c]) * factor);
    });
  }

  void dot(const T* a, const T* b, Index count, double* sum) const {
    const Index chunks = divide_up(count, kElementwiseChunk);
    auto* const parts = Scratch(workspace).take<double>(chunks);
    parallel_chunks(cpu, count, kElementwiseChunk, [&](Index begin, Index end, Index chunk) {
      parts[chunk] = 0;
      for (Index i = begin; i < end; ++i) {
        parts[chunk] += static_cast<double>(real(a[i])) * static_cast<double>(real(b[i]));
      }
    });
    *sum = 0;
    for (Index i = 0; i < chunks; ++i) *sum += parts[i];
  }

  void score_gradient(const T* map, T* gradient, Index count, const double* dot) const {
    const auto known = static_cast<R>(*dot);
    parallel_chunks(cpu, count, kElementwiseChunk, [&](Index begin, Index end, Index) {
      for (Index i = begin; i < end; ++i) {
        gradient[i] = T(body::softmax_gradient(real(map[i]), real(gradient[i]), known));
      }
    });
  }
};

template <class T>
using Blocks = AttentionBlocks<T, Cpu, CpuSteps<T>>;

}  // namespace

template <class T>
void position_attention(const Cpu& cpu, const AttentionSizes& s, const AttentionInputs<T>& in, T* m,
                        MaxSum* sums, std::span<std::byte> workspace) {
  Blocks<T>(cpu, s).forward(in, m, sums, workspace);
}

template <class T>
void position_attention_backward(const Cpu& cpu, const AttentionSizes& s,
                                 const AttentionInputs<T>& in, const T* m, const MaxSum* sums,
                                 const T* dm, const AttentionGradients<T>& gradients,
                                 std::span<std::byte> workspace) {
  Blocks<T>(cpu, s).backward(in, m, sums, dm, gradients, workspace);
}

template <class T>
std::size_t position_attention_workspace_bytes(const Cpu& cpu, const AttentionSizes& s) {
  return Blocks<T>(cpu, s).workspace_bytes();
}

#define FPANET_INSTANTIATE(T)                                                                    \
  template void position_attention(const Cpu&, const AttentionSizes&, const AttentionInputs<T>&, \
                                   T*, MaxSum*, std::span<std::byte>);                           \
  template void position_attention_backward(                                                     \
      const Cpu&, const AttentionSizes&, const AttentionInputs<T>&, const T*, const MaxSum*,     \
      const T*, const AttentionGradients<T>&, std::span<std::byte>);                             \
  template std::size_t position_attention_workspace_bytes<T>(const Cpu&, const AttentionSizes&)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
