#include "kernels/argmax.hpp"

#include "engine/core/parallel.hpp"
#include "kernels/argmax_body.hpp"

namespace fpanet::kernels {

template <class T>
void argmax(const Cpu& cpu, Matrices<const T> x, std::int32_t* y) {
  const Index rows_per_chunk = std::max<Index>(1, kElementwiseChunk / x.cols);
  parallel_chunks(cpu, x.n * x.rows, rows_per_chunk, [&](Index begin, Index end, Index) {
    for (Index row = begin; row < end; ++row) y[row] = body::argmax(x.data + row * x.cols, x.cols);
  });
}

template void argmax(const Cpu&, Matrices<const float>, std::int32_t*);
template void argmax(const Cpu&, Matrices<const double>, std::int32_t*);
template void argmax(const Cpu&, Matrices<const bfloat16>, std::int32_t*);

}  // namespace fpanet::kernels
