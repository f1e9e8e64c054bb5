#include "kernels/ignore_labels.hpp"

#include "engine/core/parallel.hpp"

namespace fpanet::kernels {

void ignore_labels(const Cpu& cpu, std::span<const std::int32_t> labels, const ClassSet& classes,
                   std::int32_t ignore_label, std::span<std::int32_t> out) {
  parallel_chunks(cpu, std::ssize(labels), kElementwiseChunk, [&](Index begin, Index end, Index) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      out[i] = classes.contains(labels[i]) ? ignore_label : labels[i];
    }
  });
}

}  // namespace fpanet::kernels
