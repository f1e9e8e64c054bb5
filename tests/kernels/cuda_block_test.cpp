// What the Cuda halves are built from, on the emulated GPU: the reduction of a block at odd sizes,
// vectors between memory and registers, and loops over elements.

#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/elementwise.hpp"
#include "kernels/cuda/emulated.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

struct SumLanesKernel {
  static constexpr int kThreads = 64;

  const float* in;
  int lanes, width;
  double* sums;
  int* calls;

  template <class Block>
  void operator()(const Block& block) const {
    float* const shared = block.template shared<float>();
    auto* const scratch = reinterpret_cast<double*>(shared + (lanes * width + 1) / 2 * 2);
    block.each([&](int thread) {
      for (int i = thread; i < lanes * width; i += kThreads) shared[i] = in[i];
    });
    reduce_lanes<double>(block, shared, lanes, width, scratch, Plus{}, [&](int o, double total) {
      sums[o] = total;
      ++calls[o];
    });
  }
};

TEST_CASE("reduce_lanes sums every lane once, whatever the sizes and the order of threads") {
  for (const int lanes : {1, 2, 3, 5, 17, 64, 79}) {
    for (const int width : {1, 2, 7, 33, 64, 150}) {
      CAPTURE(lanes);
      CAPTURE(width);
      const auto in = uniform<float>("lanes", Index{lanes} * width);
      std::vector<double> expected = filled<double>(width, 0);
      for (std::size_t i = 0; i < in.size(); ++i) {
        expected[i % static_cast<std::size_t>(width)] += widened(in[i]);
      }
      std::vector<double> first;
      for (const int gpu : {0, 1}) {
        auto sums = filled<double>(width, 0);
        std::vector<int> calls(static_cast<std::size_t>(width));
        const Index bytes = (Index{lanes} * width + 1) * 4 + reduce_scratch(64) * 8;
        EmulatedGrid(Cuda{gpu}).run(
            "sum_lanes", 1, bytes,
            SumLanesKernel{in.data(), lanes, width, sums.data(), calls.data()});
        CHECK(difference(sums, expected) <= kSummationOrder);
        CHECK(calls == std::vector<int>(static_cast<std::size_t>(width), 1));
        if (first.empty()) first = sums;
        CHECK(same_bits(sums, first));
      }
    }
  }
}

TEST_CASE_TEMPLATE("column tiles cover every element once", T, float, bfloat16) {
  for (const Index rows : {1, 2, 31, 1000, 40000}) {
    for (const Index columns : {1, 3, 8, 64, 100, 513}) {
      CAPTURE(rows);
      CAPTURE(columns);
      const ColumnTiles<T> cut(rows, columns);
      std::vector<int> visits(static_cast<std::size_t>(rows * columns));
      for (Index block = 0; block < cut.blocks(); ++block) {
        for (int thread = 0; thread < cut.kThreads; ++thread) {
          const ColumnPlace at = cut.place(block, thread);
          for (Index row = at.first_row + at.lane; row < at.end; row += cut.lanes) {
            for (int i = 0; i < at.count; ++i) {
              ++visits[static_cast<std::size_t>(row * columns + at.column + i)];
            }
          }
        }
      }
      CHECK(std::count(visits.begin(), visits.end(), 1) == rows * columns);
    }
  }
}

TEST_CASE_TEMPLATE("vectors: whole, partial and unaligned ones hold the same values", T, float,
                   bfloat16) {
  constexpr int kWidth = kVector<T>;
  alignas(16) T memory[2 * kWidth + 1];
  const auto values = uniform<T>("values", 2 * kWidth + 1);
  std::copy(values.begin(), values.end(), memory);
  for (const bool aligned : {false, true}) {
    for (int count = 0; count <= kWidth; ++count) {
      const auto loaded = load<kWidth>(static_cast<const T*>(memory + kWidth), count, aligned);
      alignas(16) T copy[kWidth];
      std::fill_n(copy, kWidth, static_cast<T>(7.0F));
      store(copy, loaded, count, aligned);
      for (int i = 0; i < kWidth; ++i) {
        const T expected = i < count ? memory[kWidth + i] : static_cast<T>(7.0F);
        CHECK(widened(copy[i]) == widened(expected));
        CHECK(widened(loaded.at[i]) == (i < count ? widened(expected) : 0.0));
      }
    }
  }
}

struct Twice {
  float operator()(float x) const { return 2 * x; }
};

TEST_CASE_TEMPLATE("elementwise: more elements than threads, and memory off the vectors", T, float,
                   bfloat16) {
  const Index size = kMostBlocks * 256 * kVector<T> / 8 + 13;
  const auto x = uniform<T>("x", size);
  for (const std::size_t skipped : {0, 1}) {
    std::vector<T> y(x.size());
    const auto from = std::span<const T>(x).subspan(skipped);
    cuda_elementwise(EmulatedGrid(Cuda{0}), "twice", std::span<T>(y).subspan(skipped),
                     Write::assign, Twice{}, from);
    bool all = true;
    for (std::size_t i = skipped; i < y.size(); ++i) {
      all = all && widened(y[i]) == 2 * widened(x[i]);
    }
    CHECK(all);
  }
}

}  // namespace
}  // namespace fpanet::kernels
