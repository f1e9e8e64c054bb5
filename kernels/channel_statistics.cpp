#include "kernels/channel_statistics.hpp"

#include "kernels/base/column_sums.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/batch_norm/sweeps.hpp"
#include "kernels/conv2d/channel_sums.hpp"

namespace fpanet::kernels {
namespace {

/// Mean and sum of squared deviations of each channel over pixels [begin, end). Makes two passes;
/// the second reads from the cache. `centre` is scratch for one number per channel.
template <class T>
void chunk_moments(const T* x, Index channels, Index begin, Index end, double* mean, double* square,
                   Real<T>* centre) {
  const double pixels = static_cast<double>(end - begin);
  batch_norm_sweeps<T>().sums(x, channels, begin, end, mean);
  for (Index c = 0; c < channels; ++c) {
    mean[c] /= pixels;
    centre[c] = static_cast<Real<T>>(mean[c]);
  }
  batch_norm_sweeps<T>().squares(x, centre, channels, begin, end, square);
  for (Index c = 0; c < channels; ++c) {
    const double rounding = mean[c] - static_cast<double>(centre[c]);
    square[c] -= pixels * rounding * rounding;
  }
}

}  // namespace

template <class T>
std::size_t channel_statistics_workspace_bytes(const Cpu&, Index pixels, Index channels) {
  const Index all = column_chunks(pixels, channels) * channels;
  return BlockMoments::bytes(column_chunks(pixels, channels), channels) +
         scratch_bytes<Real<T>>(all) + kScratchAlignment;
}

template <class T>
void channel_statistics(const Cpu& cpu, View<const T> x, double* statistics,
                        std::span<std::byte> workspace) {
  const Index pixels = x.pixels(), channels = x.c;
  const Index chunk_rows = column_chunk_rows(channels), chunks = column_chunks(pixels, channels);
  Scratch scratch(workspace);
  const BlockMoments moments(chunks, channels, scratch);
  auto* const centres = scratch.take<Real<T>>(chunks * channels);
  parallel_chunks(cpu, pixels, chunk_rows, [&](Index begin, Index end, Index chunk) {
    const Index at = chunk * channels;
    moments.pixels[chunk] = static_cast<double>(end - begin);
    chunk_moments(x.data, channels, begin, end, moments.means + at, moments.squares + at,
                  centres + at);
  });
  moments.combine(statistics);
}

#define FPANET_INSTANTIATE(T)                                                                 \
  template void channel_statistics(const Cpu&, View<const T>, double*, std::span<std::byte>); \
  template std::size_t channel_statistics_workspace_bytes<T>(const Cpu&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
