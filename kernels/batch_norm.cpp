#include "kernels/batch_norm.hpp"

#include <algorithm>
#include <cassert>

#include "kernels/base/column_sums.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/batch_norm/sweeps.hpp"
#include "kernels/batch_norm_body.hpp"
#include "kernels/channel_statistics.hpp"

namespace fpanet::kernels {
namespace {

/// Sets mean, scale and shift of one channel.
template <class T>
void set_affine(const BatchNormForward<T>& args, Index c, double mean, double invstd) {
  const auto factors = body::batch_norm_affine(mean, invstd, args.weight[c], args.bias[c]);
  args.mean[c] = factors.mean;
  args.scale[c] = factors.scale;
  args.shift[c] = factors.shift;
}

/// The arguments, with memory for scale and shift if the caller gave none.
template <class T>
BatchNormForward<T> with_factors(BatchNormForward<T> args, Scratch& scratch) {
  if (args.scale == nullptr) args.scale = scratch.take<Real<T>>(args.x.c);
  if (args.shift == nullptr) args.shift = scratch.take<Real<T>>(args.x.c);
  return args;
}

/// y = [relu](normalised x [+ residual]) for all pixels.
template <class T>
void normalise(const Cpu& cpu, const BatchNormForward<T>& args) {
  parallel_chunks(
      cpu, args.x.pixels(), column_chunk_rows(args.x.c),
      [&](Index begin, Index end, Index) { batch_norm_sweeps<T>().normalise(args, begin, end); });
}

/// The pixels that the statistics are of.
template <class Args>
Index pixels_of_batch(const Args& args) {
  return args.batch_pixels > 0 ? args.batch_pixels : args.x.pixels();
}

template <class T>
ReluMask mask_of(const BatchNormBackward<T>& args) {
  if (args.y != nullptr) return ReluMask::from_y;
  return args.scale != nullptr ? ReluMask::from_x : ReluMask::none;
}

}  // namespace

template <class T>
std::size_t batch_norm_workspace_bytes(const Cpu& cpu, Index pixels, Index channels) {
  const std::size_t forward = scratch_bytes<double>(2 * channels) +
                              channel_statistics_workspace_bytes<T>(cpu, pixels, channels);
  const std::size_t backward =
      2 * scratch_bytes<double>(column_chunks(pixels, channels) * channels);
  return std::max(forward, backward) + scratch_bytes<double>(2 * channels) +
         3 * scratch_bytes<Real<T>>(channels) + 2 * kScratchAlignment;
}

template <class T>
void batch_norm_train(const Cpu& cpu, const BatchNormForward<T>& caller,
                      const RunningStatistics<T>& running, std::span<std::byte> workspace) {
  const Index channels = caller.x.c;
  const auto pixels = static_cast<double>(pixels_of_batch(caller));
  assert(pixels > 1 && caller.y != caller.x.data);
  Scratch scratch(workspace);
  const BatchNormForward<T> args = with_factors(caller, scratch);
  const double* statistics = args.statistics;
  if (statistics == nullptr) {
    auto* const taken = scratch.take<double>(2 * channels);
    channel_statistics<T>(cpu, args.x, taken, scratch.rest());
    statistics = taken;
  }
  for (Index c = 0; c < channels; ++c) {
    const body::Moments batch{statistics[c], statistics[channels + c]};
    const double invstd = 1 / std::sqrt(batch.var + args.eps);
    args.invstd[c] = static_cast<Real<T>>(invstd);
    set_affine(args, c, batch.mean, invstd);
    if (running.mean != nullptr) {
      body::update_running(running.mean[c], running.var[c], batch, pixels, running.momentum);
    }
  }
  if (running.batches != nullptr) ++*running.batches;
  normalise(cpu, args);
}

template <class T>
void batch_norm_eval(const Cpu& cpu, const BatchNormForward<T>& caller, const Real<T>* running_mean,
                     const Real<T>* running_var, std::span<std::byte> workspace) {
  Scratch scratch(workspace);
  const BatchNormForward<T> args = with_factors(caller, scratch);
  for (Index c = 0; c < args.x.c; ++c) {
    const double invstd = 1 / std::sqrt(static_cast<double>(running_var[c]) + args.eps);
    args.invstd[c] = static_cast<Real<T>>(invstd);
    set_affine(args, c, static_cast<double>(running_mean[c]), invstd);
  }
  normalise(cpu, args);
}

template <class T>
void batch_norm_recompute(const Cpu& cpu, const BatchNormForward<T>& args) {
  normalise(cpu, args);
}

template <class T>
void batch_norm_gradient_sums(const Cpu& cpu, const BatchNormBackward<T>& args, double* sums,
                              std::span<std::byte> workspace) {
  const Index pixels = args.x.pixels(), channels = args.x.c;
  const Index chunk_rows = column_chunk_rows(channels), chunks = column_chunks(pixels, channels);
  Scratch scratch(workspace);
  double* const sums_g = scratch.take<double>(chunks * channels);
  double* const sums_gx = scratch.take<double>(chunks * channels);
  const ReluMask mask = mask_of(args);
  parallel_chunks(cpu, pixels, chunk_rows, [&](Index begin, Index end, Index chunk) {
    const Index at = chunk * channels;
    batch_norm_sweeps<T>().gradient_sums(args, mask, begin, end, sums_g + at, sums_gx + at);
  });
  for (Index c = 0; c < channels; ++c) {
    double sum_g = 0, sum_gx = 0;
    for (Index chunk = 0; chunk < chunks; ++chunk) {
      sum_g += sums_g[chunk * channels + c];
      sum_gx += sums_gx[chunk * channels + c];
    }
    sums[c] = sum_g;
    sums[channels + c] = sum_gx;
  }
}

template <class T>
void batch_norm_gradients(const Cpu& cpu, const BatchNormBackward<T>& args, const double* sums,
                          const double* batch_sums, std::span<std::byte> workspace) {
  const Index channels = args.x.c;
  Scratch scratch(workspace);
  using R = Real<T>;
  R* const scale = scratch.take<R>(channels);
  R* const offset = scratch.take<R>(channels);
  R* const slope = scratch.take<R>(channels);
  const BatchNormFactors<T> factors{
      .mask = mask_of(args), .scale = scale, .offset = offset, .slope = slope};
  const auto pixels = static_cast<double>(pixels_of_batch(args));
  for (Index c = 0; c < channels; ++c) {
    const auto invstd = static_cast<double>(args.invstd[c]);
    if (args.dbias != nullptr) store(args.dbias[c], static_cast<R>(sums[c]), args.write_dbias);
    if (args.dweight != nullptr) {
      store(args.dweight[c], static_cast<R>(sums[channels + c] * invstd), args.write_dweight);
    }
    const auto slopes =
        body::batch_norm_slopes<R>(static_cast<double>(args.weight[c]), invstd, batch_sums[c],
                                   batch_sums[channels + c], pixels, args.batch_statistics);
    scale[c] = slopes.scale;
    offset[c] = slopes.offset;
    slope[c] = slopes.slope;
  }
  if (args.dx == nullptr && args.dresidual == nullptr) return;
  parallel_chunks(cpu, args.x.pixels(), column_chunk_rows(channels),
                  [&](Index begin, Index end, Index) {
                    batch_norm_sweeps<T>().gradients(args, factors, begin, end);
                  });
}

template <class T>
void batch_norm_backward(const Cpu& cpu, const BatchNormBackward<T>& args,
                         std::span<std::byte> workspace) {
  Scratch scratch(workspace);
  double* const sums = scratch.take<double>(2 * args.x.c);
  batch_norm_gradient_sums(cpu, args, sums, scratch.rest());
  batch_norm_gradients(cpu, args, sums, sums, scratch.rest());
}

#define FPANET_INSTANTIATE(T)                                                                \
  template void batch_norm_train(const Cpu&, const BatchNormForward<T>&,                     \
                                 const RunningStatistics<T>&, std::span<std::byte>);         \
  template void batch_norm_eval(const Cpu&, const BatchNormForward<T>&, const Real<T>*,      \
                                const Real<T>*, std::span<std::byte>);                       \
  template void batch_norm_recompute(const Cpu&, const BatchNormForward<T>&);                \
  template void batch_norm_gradient_sums(const Cpu&, const BatchNormBackward<T>&, double*,   \
                                         std::span<std::byte>);                              \
  template void batch_norm_gradients(const Cpu&, const BatchNormBackward<T>&, const double*, \
                                     const double*, std::span<std::byte>);                   \
  template void batch_norm_backward(const Cpu&, const BatchNormBackward<T>&,                 \
                                    std::span<std::byte>);                                   \
  template std::size_t batch_norm_workspace_bytes<T>(const Cpu&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
