#include "kernels/global_pool.hpp"

#include "kernels/base/column_sums.hpp"
#include "kernels/max_pool_body.hpp"

namespace fpanet::kernels {
namespace {

constexpr Index kChannelBlock = 64;  // channels of a task, which covers all pixels of an image

/// Calls f(image, first channel, end channel) for every task.
template <class F>
void parallel_channel_blocks(const Cpu& cpu, Index n, Index channels, const F& f) {
  const Index blocks = divide_up(channels, kChannelBlock);
  parallel_for(cpu, n * blocks, [&](Index task) {
    const Index first = task % blocks * kChannelBlock;
    f(task / blocks, first, std::min(channels, first + kChannelBlock));
  });
}

}  // namespace

template <class T>
void global_avg_pool(const Cpu& cpu, View<const T> x, T* y) {
  const Index pixels = x.h * x.w;
  parallel_channel_blocks(cpu, x.n, x.c, [&](Index n, Index first, Index end) {
    const T* const image = x.pixel(n, 0, 0) + first;
    std::array<double, kChannelBlock> sums;
    const auto term = [&](Index p, Index c) { return std::array{real(image[p * x.c + c])}; };
    column_sums<Real<T>, 1>(0, pixels, end - first, term, {sums.data()});
    for (Index c = first; c < end; ++c) {
      const double sum = sums[static_cast<std::size_t>(c - first)];
      y[n * x.c + c] = static_cast<T>(static_cast<Real<T>>(sum / static_cast<double>(pixels)));
    }
  });
}

template <class T>
void global_avg_pool_backward(const Cpu& cpu, const T* dy, View<T> dx, Write write) {
  const Index pixels = dx.h * dx.w;
  parallel_channel_blocks(cpu, dx.n, dx.c, [&](Index n, Index first, Index end) {
    for (Index p = 0; p < pixels; ++p) {
      T* const to = dx.pixel(n, 0, 0) + p * dx.c;
      for (Index c = first; c < end; ++c) {
        store(to[c], real(dy[n * dx.c + c]) / static_cast<Real<T>>(pixels), write);
      }
    }
  });
}

template <class T>
void global_max_pool(const Cpu& cpu, View<const T> x, T* y, std::int32_t* winner) {
  const Index pixels = x.h * x.w;
  parallel_channel_blocks(cpu, x.n, x.c, [&](Index n, Index first, Index end) {
    const T* const image = x.pixel(n, 0, 0);
    for (Index c = first; c < end; ++c) {
      y[n * x.c + c] = image[c];
      winner[n * x.c + c] = 0;
    }
    for (Index p = 1; p < pixels; ++p) {
      for (Index c = first; c < end; ++c) {
        const T value = image[p * x.c + c];
        if (!body::beats(real(value), real(y[n * x.c + c]))) continue;
        y[n * x.c + c] = value;
        winner[n * x.c + c] = static_cast<std::int32_t>(p);
      }
    }
  });
}

template <class T>
void global_max_pool_backward(const Cpu& cpu, const T* dy, const std::int32_t* winner, View<T> dx,
                              Write write) {
  const Index pixels = dx.h * dx.w;
  parallel_channel_blocks(cpu, dx.n, dx.c, [&](Index n, Index first, Index end) {
    for (Index p = 0; p < pixels; ++p) {
      T* const to = dx.pixel(n, 0, 0) + p * dx.c;
      for (Index c = first; c < end; ++c) {
        const Index i = n * dx.c + c;
        store(to[c], winner[i] == p ? real(dy[i]) : Real<T>(0), write);
      }
    }
  });
}

#define FPANET_INSTANTIATE(T)                                                   \
  template void global_avg_pool(const Cpu&, View<const T>, T*);                 \
  template void global_avg_pool_backward(const Cpu&, const T*, View<T>, Write); \
  template void global_max_pool(const Cpu&, View<const T>, T*, std::int32_t*);  \
  template void global_max_pool_backward(const Cpu&, const T*, const std::int32_t*, View<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
