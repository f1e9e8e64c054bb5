#include "kernels/batch_norm.hpp"

#include <cassert>

#include "kernels/batch_norm_body.hpp"
#include "kernels/column_sums.hpp"
#include "kernels/scratch.hpp"

namespace fpanet::kernels {
namespace {

/// Mean and sum of squared deviations of each channel over pixels [begin, end). Two passes; the
/// second reads the cache. `centre` is scratch for one T per channel.
template <class T>
void chunk_moments(const T* x, Index channels, Index begin, Index end, double* mean, double* square,
                   T* centre) {
  const double pixels = static_cast<double>(end - begin);
  column_sums<T, 1>(begin, end, channels,
                    [=](Index p, Index c) { return std::array{x[p * channels + c]}; }, {mean});
  for (Index c = 0; c < channels; ++c) {
    mean[c] /= pixels;
    centre[c] = static_cast<T>(mean[c]);
  }
  const auto squared = [=](Index p, Index c) {
    const T d = x[p * channels + c] - centre[c];
    return std::array{d * d};
  };
  column_sums<T, 1>(begin, end, channels, squared, {square});
  for (Index c = 0; c < channels; ++c) {
    const double rounding = mean[c] - static_cast<double>(centre[c]);
    square[c] -= pixels * rounding * rounding;
  }
}

/// Per-channel factors of the normalisation.
template <class T>
struct Affine {
  T* mean;
  T* scale;
  T* shift;

  Affine(Scratch& scratch, Index channels)
      : mean(scratch.take<T>(channels)),
        scale(scratch.take<T>(channels)),
        shift(scratch.take<T>(channels)) {}

  void set(Index c, double exact_mean, double exact_invstd, T weight, T bias) const {
    const auto factors = body::batch_norm_affine(exact_mean, exact_invstd, weight, bias);
    mean[c] = factors.mean;
    scale[c] = factors.scale;
    shift[c] = factors.shift;
  }
};

/// y = [relu](normalised [+ residual]) for all pixels.
template <class T>
void normalise(const Cpu& cpu, const BatchNormForward<T>& args, const Affine<T>& affine) {
  const Index channels = args.x.c;
  with_constant(args.relu, [&](auto relu) {
    with_constant(args.residual != nullptr, [&](auto has_residual) {
      parallel_chunks(
          cpu, args.x.pixels(), column_chunk_rows(channels), [&](Index begin, Index end, Index) {
            const T *const mean = affine.mean, *const scale = affine.scale;
            const T* const shift = affine.shift;
            for (Index p = begin; p < end; ++p) {
              const T* const x = args.x.data + p * channels;
              const T* const residual = has_residual ? args.residual + p * channels : nullptr;
              T* const y = args.y + p * channels;
#pragma omp simd
              for (Index c = 0; c < channels; ++c) {
                T value = body::normalise(x[c], mean[c], scale[c], shift[c]);
                if constexpr (has_residual) value += residual[c];
                if constexpr (relu) value = body::relu(value);
                y[c] = value;
              }
            }
          });
    });
  });
}

/// dx and dresidual of pixels [begin, end); dx first, because dresidual may overwrite dy.
template <class T, class Relu>
void backward_chunk(const BatchNormBackward<T>& args, const T* scale, const T* offset,
                    const T* slope, Index begin, Index end, Relu relu) {
  const Index channels = args.x.c;
  const T* const mean = args.mean;
  const auto gradient = [relu](const T* y, const T* dy, Index c) {
    if constexpr (relu) return body::relu_gradient(y[c], dy[c]);
    return dy[c];
  };
  for (Index p = begin; p < end; ++p) {
    const T* const x = args.x.data + p * channels;
    const T* const y = relu ? args.y + p * channels : nullptr;
    const T* const dy = args.dy + p * channels;
    if (args.dx != nullptr) {
      T* const dx = args.dx + p * channels;
      with_constant(args.write_dx, [&](auto write) {
#pragma omp simd
        for (Index c = 0; c < channels; ++c) {
          const T value = body::batch_norm_gradient(x[c], gradient(y, dy, c), mean[c], scale[c],
                                                    offset[c], slope[c]);
          store<T>(dx[c], value, write);
        }
      });
    }
    if (args.dresidual != nullptr) {
      T* const dresidual = args.dresidual + p * channels;
      with_constant(args.write_dresidual, [&](auto write) {
#pragma omp simd
        for (Index c = 0; c < channels; ++c) store<T>(dresidual[c], gradient(y, dy, c), write);
      });
    }
  }
}

}  // namespace

template <class T>
std::size_t batch_norm_workspace_bytes(const Cpu&, Index pixels, Index channels) {
  const Index chunks = column_chunks(pixels, channels);
  return 2 * scratch_bytes<double>(chunks * channels) + scratch_bytes<T>(chunks * channels) +
         3 * scratch_bytes<T>(channels) + kScratchAlignment;
}

template <class T>
void batch_norm_train(const Cpu& cpu, const BatchNormForward<T>& args,
                      const RunningStatistics<T>& running, std::span<std::byte> workspace) {
  const Index pixels = args.x.pixels(), channels = args.x.c;
  const Index chunk_rows = column_chunk_rows(channels), chunks = column_chunks(pixels, channels);
  assert(pixels > 1 && args.y != args.x.data);
  Scratch scratch(workspace);
  double* const means = scratch.take<double>(chunks * channels);
  double* const squares = scratch.take<double>(chunks * channels);
  T* const centres = scratch.take<T>(chunks * channels);
  const Affine<T> affine(scratch, channels);
  parallel_chunks(cpu, pixels, chunk_rows, [&](Index begin, Index end, Index chunk) {
    const Index at = chunk * channels;
    chunk_moments(args.x.data, channels, begin, end, means + at, squares + at, centres + at);
  });
  const auto rows = [=](Index chunk) {
    return static_cast<double>(std::min(chunk_rows, pixels - chunk * chunk_rows));
  };
  for (Index c = 0; c < channels; ++c) {
    const auto count = static_cast<double>(pixels);
    const body::Moments batch =
        body::combine_moments(means + c, squares + c, chunks, channels, count, rows);
    const double invstd = 1 / std::sqrt(batch.var + args.eps);
    args.mean[c] = static_cast<T>(batch.mean);
    args.invstd[c] = static_cast<T>(invstd);
    affine.set(c, batch.mean, invstd, args.weight[c], args.bias[c]);
    if (running.mean != nullptr) {
      body::update_running(running.mean[c], running.var[c], batch, count, running.momentum);
    }
  }
  if (running.batches != nullptr) ++*running.batches;
  normalise(cpu, args, affine);
}

template <class T>
void batch_norm_eval(const Cpu& cpu, const BatchNormForward<T>& args, const Real<T>* running_mean,
                     const Real<T>* running_var, std::span<std::byte> workspace) {
  Scratch scratch(workspace);
  const Affine<T> affine(scratch, args.x.c);
  for (Index c = 0; c < args.x.c; ++c) {
    const double invstd = 1 / std::sqrt(static_cast<double>(running_var[c]) + args.eps);
    args.mean[c] = running_mean[c];
    args.invstd[c] = static_cast<T>(invstd);
    affine.set(c, static_cast<double>(running_mean[c]), invstd, args.weight[c], args.bias[c]);
  }
  normalise(cpu, args, affine);
}

template <class T>
void batch_norm_backward(const Cpu& cpu, const BatchNormBackward<T>& args,
                         std::span<std::byte> workspace) {
  const Index pixels = args.x.pixels(), channels = args.x.c;
  const Index chunk_rows = column_chunk_rows(channels), chunks = column_chunks(pixels, channels);
  Scratch scratch(workspace);
  double* const sums_g = scratch.take<double>(chunks * channels);
  double* const sums_gx = scratch.take<double>(chunks * channels);
  T* const scale = scratch.take<T>(channels);
  T* const offset = scratch.take<T>(channels);
  T* const slope = scratch.take<T>(channels);

  with_constant(args.y != nullptr, [&](auto relu) {
    parallel_chunks(cpu, pixels, chunk_rows, [&](Index begin, Index end, Index chunk) {
      const T *const x = args.x.data, *const y = args.y, *const dy = args.dy;
      const T* const mean = args.mean;
      const auto terms = [=](Index p, Index c) {
        const Index i = p * channels + c;
        T g = dy[i];
        if constexpr (relu) g = body::relu_gradient(y[i], g);
        return std::array{g, g * (x[i] - mean[c])};
      };
      const Index at = chunk * channels;
      column_sums<T, 2>(begin, end, channels, terms, {sums_g + at, sums_gx + at});
    });
  });
  for (Index c = 0; c < channels; ++c) {
    double sum_g = 0, sum_gx = 0;
    for (Index chunk = 0; chunk < chunks; ++chunk) {
      sum_g += sums_g[chunk * channels + c];
      sum_gx += sums_gx[chunk * channels + c];
    }
    const auto invstd = static_cast<double>(args.invstd[c]);
    if (args.dbias != nullptr) store(args.dbias[c], static_cast<T>(sum_g), args.write_dbias);
    if (args.dweight != nullptr) {
      store(args.dweight[c], static_cast<T>(sum_gx * invstd), args.write_dweight);
    }
    const auto slopes =
        body::batch_norm_slopes<T>(static_cast<double>(args.weight[c]), invstd, sum_g, sum_gx,
                                   static_cast<double>(pixels), args.batch_statistics);
    scale[c] = slopes.scale;
    offset[c] = slopes.offset;
    slope[c] = slopes.slope;
  }
  if (args.dx == nullptr && args.dresidual == nullptr) return;
  with_constant(args.y != nullptr, [&](auto relu) {
    parallel_chunks(cpu, pixels, chunk_rows, [&](Index begin, Index end, Index) {
      backward_chunk(args, scale, offset, slope, begin, end, relu);
    });
  });
}

#define FPANET_INSTANTIATE(T)                                                               \
  template void batch_norm_train(const Cpu&, const BatchNormForward<T>&,                    \
                                 const RunningStatistics<T>&, std::span<std::byte>);        \
  template void batch_norm_eval(const Cpu&, const BatchNormForward<T>&, const T*, const T*, \
                                std::span<std::byte>);                                      \
  template void batch_norm_backward(const Cpu&, const BatchNormBackward<T>&,                \
                                    std::span<std::byte>);                                  \
  template std::size_t batch_norm_workspace_bytes<T>(const Cpu&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
