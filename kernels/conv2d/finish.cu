#include "kernels/conv2d/finish.hpp"

#include "kernels/cuda/elementwise.hpp"
#include "kernels/relu_body.hpp"

namespace fpanet::kernels {
namespace {

template <class T>
struct EpilogueKernel {
  static constexpr int kThreads = 256;
  static constexpr int kWidth = kVector<T>;

  Conv2dEpilogue<T> epilogue;
  T* y;
  Index pixels, channels;
  bool aligned;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const Index per_pixel = divide_up(channels, kWidth);
    grid_stride(block, pixels * per_pixel, [&](Index vector) {
      const Index channel = vector % per_pixel * kWidth, rest = channels - channel;
      const int count = rest < kWidth ? static_cast<int>(rest) : kWidth;
      const Index first = vector / per_pixel * channels + channel;
      Values<float, kWidth> values = load<kWidth>(static_cast<const T*>(y) + first, count, aligned);
      const auto residual = epilogue.residual == nullptr
                                ? Values<float, kWidth>()
                                : load<kWidth>(epilogue.residual + first, count, aligned);
      FPANET_UNROLL
      for (int i = 0; i < kWidth; ++i) {
        const float bias = epilogue.bias != nullptr && i < count ? epilogue.bias[channel + i] : 0;
        const float sum = values.at[i] + bias + residual.at[i];
        values.at[i] = epilogue.relu ? body::relu(sum) : sum;
      }
      store(y + first, values, count, aligned);
    });
  }
};

struct StatisticsOfSums {
  static constexpr int kThreads = 64;

  const float *sums, *square_sums;
  double pixels;
  Index channels;
  double* statistics;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, channels, [&](Index c) {
      const double mean = static_cast<double>(sums[c]) / pixels;
      const double var = static_cast<double>(square_sums[c]) / pixels - mean * mean;
      statistics[c] = mean;
      statistics[channels + c] = var < 0 ? 0 : var;
    });
  }
};

struct Same {
  FPANET_HD float operator()(float x) const { return x; }
};

}  // namespace

template <class T>
void conv2d_epilogue(const Cuda& cuda, const Conv2dEpilogue<T>& epilogue, Matrices<T> y) {
  using Kernel = EpilogueKernel<T>;
  const Index pixels = y.n * y.rows, channels = y.cols;
  const Index vectors = pixels * divide_up(channels, Kernel::kWidth);
  CudaGrid(cuda).run("conv2d_epilogue", stride_blocks(vectors, Kernel::kThreads), 0,
                     Kernel{epilogue, y.data, pixels, channels,
                            images_fit<T>(channels, y.data, epilogue.residual)});
}

void statistics_of_sums(const Cuda& cuda, const float* sums, const float* square_sums, Index pixels,
                        Index channels, double* statistics) {
  const StatisticsOfSums kernel{sums, square_sums, static_cast<double>(pixels), channels,
                                statistics};
  CudaGrid(cuda).run("conv2d_statistics", stride_blocks(channels, kernel.kThreads), 0, kernel);
}

void widen_weight_gradient(const Cuda& cuda, std::span<const bfloat16> rounded_dw,
                           std::span<float> dw, Write write) {
  cuda_elementwise(CudaGrid(cuda), "widen_weight_gradient", dw, write, Same(), rounded_dw);
}

template void conv2d_epilogue(const Cuda&, const Conv2dEpilogue<float>&, Matrices<float>);
template void conv2d_epilogue(const Cuda&, const Conv2dEpilogue<bfloat16>&, Matrices<bfloat16>);

}  // namespace fpanet::kernels
