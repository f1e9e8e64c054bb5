#include "kernels/softmax.hpp"

#include <algorithm>
#include <type_traits>

#include "engine/core/parallel.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/softmax/class_rows.hpp"
#include "kernels/softmax/cpu.hpp"

namespace fpanet::kernels {
namespace {

using body::MaxSum;

/// How rows are divided: a task takes several whole rows, or a row is split over several tasks.
struct Cut {
  Index rows, cols;

  bool long_rows() const { return cols > kElementwiseChunk; }
  Index chunks_per_row() const { return divide_up(cols, kElementwiseChunk); }
  Index rows_per_task() const { return std::max<Index>(1, kElementwiseChunk / cols); }
};

/// Calls f(row, first column, end column, part) for every part of every row. Parts are numbered row
/// by row.
template <class F>
void parallel_parts(const Cpu& cpu, const Cut& cut, const F& f) {
  const Index per_row = cut.chunks_per_row();
  parallel_for(cpu, cut.rows * per_row, [&](Index part) {
    const Index first = part % per_row * kElementwiseChunk;
    f(part / per_row, first, std::min(cut.cols, first + kElementwiseChunk), part);
  });
}

/// For every row, computes summary = reduce(row, first, end) of its parts, combines the summaries
/// in order, then calls apply(row, first, end, part summary, row summary) for each part.
template <class Summary, class Reduce, class Combine, class Apply>
void two_sweeps(const Cpu& cpu, const Cut& cut, std::span<std::byte> workspace,
                const Reduce& reduce, const Combine& combine, const Apply& apply) {
  if (!cut.long_rows()) {
    parallel_chunks(cpu, cut.rows, cut.rows_per_task(), [&](Index begin, Index end, Index) {
      for (Index row = begin; row < end; ++row) {
        const Summary summary = reduce(row, 0, cut.cols);
        apply(row, 0, cut.cols, summary, summary);
      }
    });
    return;
  }
  const Index per_row = cut.chunks_per_row();
  Scratch scratch(workspace);
  auto* const parts = scratch.take<Summary>(cut.rows * per_row);
  auto* const wholes = scratch.take<Summary>(cut.rows);
  parallel_parts(cpu, cut, [&](Index row, Index first, Index end, Index part) {
    parts[part] = reduce(row, first, end);
  });
  for (Index row = 0; row < cut.rows; ++row) {
    wholes[row] = parts[row * per_row];
    for (Index k = 1; k < per_row; ++k) {
      wholes[row] = combine(wholes[row], parts[row * per_row + k]);
    }
  }
  parallel_parts(cpu, cut, [&](Index row, Index first, Index end, Index part) {
    apply(row, first, end, parts[part], wholes[row]);
  });
}

template <class T>
double sum_of(const T* x, Index count) {
  double sum = 0;
  for (Index i = 0; i < count; ++i) sum += static_cast<double>(x[i]);
  return sum;
}

/// Scales exponentials.
template <class T>
void scale(T* x, Index count, double factor) {
  for (Index i = 0; i < count; ++i) x[i] = body::without_subnormal(x[i] * static_cast<T>(factor));
}

/// y = x - max, limited from below; returns max.
template <class T>
double shift_by_largest(const T* x, Index count, T* y) {
  const T max = largest(x, count);
  for (Index i = 0; i < count; ++i) y[i] = body::shifted_by_largest(x[i], max);
  return static_cast<double>(max);
}

template <class T>
void exponentiate(T* x, Index count) {
#pragma omp simd
  for (Index i = 0; i < count; ++i) x[i] = body::exp_of_shifted(x[i]);
}

/// Stores the exponentials in y until their sum is known.
template <class T>
void exponentials_once(const Cpu& cpu, Matrices<const T> x, T* y, std::span<std::byte> workspace) {
  const Cut cut{x.n * x.rows, x.cols};
  const Index cols = cut.cols;
  if constexpr (std::is_same_v<T, float>) {
    if (cols <= kClassRowLanes) {
      const ClassRows& classes = class_rows();
      parallel_chunks(cpu, cut.rows, cut.rows_per_task(), [&](Index begin, Index end, Index) {
        classes.softmax(x.data, cols, begin, end, y);
      });
      return;
    }
  }
  if (!cut.long_rows()) {
    // Computes the exponentials of all rows of a task in one loop, because short rows would leave
    // vectors partly empty.
    parallel_chunks(cpu, cut.rows, cut.rows_per_task(), [&](Index begin, Index end, Index) {
      for (Index row = begin; row < end; ++row) {
        shift_by_largest(x.data + row * cols, cols, y + row * cols);
      }
      exponentiate(y + begin * cols, (end - begin) * cols);
      for (Index row = begin; row < end; ++row) {
        scale(y + row * cols, cols, 1 / sum_of(y + row * cols, cols));
      }
    });
    return;
  }
  // The first sweep stores exp(x - largest of the part) in y, so each exponential is computed once.
  const auto reduce = [&](Index row, Index first, Index end) -> MaxSum {
    T* const to = y + row * cols + first;
    const double max = shift_by_largest(x.data + row * cols + first, end - first, to);
    exponentiate(to, end - first);
    return {max, sum_of(to, end - first)};
  };
  const auto apply = [&](Index row, Index first, Index end, const MaxSum& part,
                         const MaxSum& whole) {
    scale(y + row * cols + first, end - first, std::exp(part.max - whole.max) / whole.sum);
  };
  two_sweeps<MaxSum>(cpu, cut, workspace, reduce, MaxSum::combine, apply);
}

/// Calls finish(x, count, maximum and sum of exponentials of the row, y) for the parts of every
/// row.
template <class T, class Finish>
void by_max_and_sum(const Cpu& cpu, Matrices<const T> x, T* y, std::span<std::byte> workspace,
                    const Finish& finish) {
  const Cut cut{x.n * x.rows, x.cols};
  const auto reduce = [&](Index row, Index first, Index end) {
    return max_and_sum(x.data + row * cut.cols + first, end - first);
  };
  const auto apply = [&](Index row, Index first, Index end, const MaxSum&, const MaxSum& whole) {
    const Index at = row * cut.cols + first;
    finish(x.data + at, end - first, whole, y + at);
  };
  two_sweeps<MaxSum>(cpu, cut, workspace, reduce, MaxSum::combine, apply);
}

template <class T>
void log_softmax_by(const T* x, Index count, const MaxSum& whole, T* y) {
  const auto max = static_cast<Real<T>>(whole.max);
  const auto log_sum = static_cast<Real<T>>(std::log(whole.sum));
  for (Index i = 0; i < count; ++i) y[i] = T(real(x[i]) - max - log_sum);
}

double plus(double a, double b) {
  return a + b;
}

}  // namespace

template <class T>
std::size_t softmax_workspace_bytes(const Cpu&, Index rows, Index cols) {
  const Cut cut{rows, cols};
  if (!cut.long_rows()) return 0;
  return scratch_bytes<MaxSum>(rows * cut.chunks_per_row()) + scratch_bytes<MaxSum>(rows) +
         kScratchAlignment;
}

template <class T>
void softmax(const Cpu& cpu, Matrices<const T> x, T* y, std::span<std::byte> workspace) {
  if constexpr (kRounded<T>) {
    // Storing the exponentials in y would round them, so they are computed twice.
    by_max_and_sum(cpu, x, y, workspace, softmax_by<T>);
  } else {
    exponentials_once(cpu, x, y, workspace);
  }
}

template <class T>
void log_softmax(const Cpu& cpu, Matrices<const T> x, T* y, std::span<std::byte> workspace) {
  by_max_and_sum(cpu, x, y, workspace, log_softmax_by<T>);
}

template <class T>
void softmax_backward(const Cpu& cpu, Matrices<const T> y, const T* dy, T* dx, Write write,
                      std::span<std::byte> workspace) {
  const Cut cut{y.n * y.rows, y.cols};
  const auto reduce = [&](Index row, Index first, Index end) {
    double dot = 0;
    for (Index i = row * cut.cols + first; i < row * cut.cols + end; ++i) {
      dot += static_cast<double>(real(y.data[i])) * static_cast<double>(real(dy[i]));
    }
    return dot;
  };
  const auto apply = [&](Index row, Index first, Index end, double, double dot) {
    for (Index i = row * cut.cols + first; i < row * cut.cols + end; ++i) {
      store(dx[i], body::softmax_gradient(real(y.data[i]), real(dy[i]), static_cast<Real<T>>(dot)),
            write);
    }
  };
  two_sweeps<double>(cpu, cut, workspace, reduce, plus, apply);
}

template <class T>
void log_softmax_backward(const Cpu& cpu, Matrices<const T> y, const T* dy, T* dx, Write write,
                          std::span<std::byte> workspace) {
  const Cut cut{y.n * y.rows, y.cols};
  const auto reduce = [&](Index row, Index first, Index end) {
    double sum = 0;
    for (Index i = row * cut.cols + first; i < row * cut.cols + end; ++i) {
      sum += static_cast<double>(real(dy[i]));
    }
    return sum;
  };
  const auto apply = [&](Index row, Index first, Index end, double, double sum) {
    for (Index i = row * cut.cols + first; i < row * cut.cols + end; ++i) {
      store(dx[i],
            body::log_softmax_gradient(real(y.data[i]), real(dy[i]), static_cast<Real<T>>(sum)),
            write);
    }
  };
  two_sweeps<double>(cpu, cut, workspace, reduce, plus, apply);
}

#define FPANET_INSTANTIATE(T)                                                            \
  template std::size_t softmax_workspace_bytes<T>(const Cpu&, Index, Index);             \
  template void softmax(const Cpu&, Matrices<const T>, T*, std::span<std::byte>);        \
  template void log_softmax(const Cpu&, Matrices<const T>, T*, std::span<std::byte>);    \
  template void softmax_backward(const Cpu&, Matrices<const T>, const T*, T*, Write,     \
                                 std::span<std::byte>);                                  \
  template void log_softmax_backward(const Cpu&, Matrices<const T>, const T*, T*, Write, \
                                     std::span<std::byte>)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
