#include "kernels/ignore_labels.hpp"

#include "kernels/cuda/launch.cuh"

namespace fpanet::kernels {
namespace {

struct IgnoreLabelsKernel {
  static constexpr int kThreads = 256;

  const std::int32_t* labels;
  Index size;
  ClassSet classes;
  std::int32_t ignore_label;
  std::int32_t* out;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, size,
                [&](Index i) { out[i] = classes.contains(labels[i]) ? ignore_label : labels[i]; });
  }
};

}  // namespace

void ignore_labels(const Cuda& cuda, std::span<const std::int32_t> labels, const ClassSet& classes,
                   std::int32_t ignore_label, std::span<std::int32_t> out) {
  const auto size = static_cast<Index>(labels.size());
  CudaGrid(cuda).run("ignore_labels", stride_blocks(size, IgnoreLabelsKernel::kThreads), 0,
                     IgnoreLabelsKernel{labels.data(), size, classes, ignore_label, out.data()});
}

}  // namespace fpanet::kernels
