// Convolution of bfloat16 on the CPU against the definition: exactly on small integers, whose sums
// float holds and which are rounded once; near it on numbers that fill their 8 bits.

#include "kernels/conv2d/pairs.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "kernels/naive/conv2d.hpp"
#include "tests/kernels/check.hpp"
#include "tests/kernels/conv2d_samples.hpp"

namespace fpanet::kernels {
namespace {

using test::Conv2dBuffers;
using test::same_bits;
using test::scratch;

struct Bf16Buffers {
  std::vector<bfloat16> x, w, dy, residual, y, dx;
  std::vector<float> bias, dw, db;
};

Bf16Buffers rounded_buffers(const Conv2dBuffers<float>& from) {
  const auto round = [](const std::vector<float>& values) {
    std::vector<bfloat16> low;
    for (const float value : values) low.push_back(bfloat16(value));
    return low;
  };
  return {.x = round(from.x),
          .w = round(from.w),
          .dy = round(from.dy),
          .residual = round(from.y),
          .y = round(from.y),
          .dx = round(from.dx),
          .bias = from.bias,
          .dw = from.dw,
          .db = from.db};
}

/// Memory of garbage for one call after the other.
class Workspace {
 public:
  std::span<std::byte> of(std::size_t bytes) { return memory_ = scratch(bytes); }

 private:
  std::vector<std::byte> memory_;
};

void run_all(const Cpu& cpu, const Conv2dGeometry& g, Bf16Buffers& b, Write write,
             bool with_residual) {
  Workspace workspace;
  const Conv2dEpilogue<bfloat16> epilogue{.bias = b.bias.data(),
                                          .residual = with_residual ? b.residual.data() : nullptr,
                                          .relu = with_residual};
  conv2d(cpu, g, b.x.data(), b.w.data(), epilogue, b.y.data(),
         workspace.of(conv2d_workspace_bytes<bfloat16>(cpu, g, epilogue.parts())));
  conv2d_backward_input(cpu, g, b.dy.data(), b.w.data(), b.dx.data(), write,
                        workspace.of(conv2d_backward_input_workspace_bytes<bfloat16>(cpu, g)));
  conv2d_backward_weight(cpu, g, b.x.data(), b.dy.data(), b.dw.data(), write,
                         workspace.of(conv2d_backward_weight_workspace_bytes<bfloat16>(cpu, g)));
  conv2d_backward_bias(cpu, g, b.dy.data(), b.db.data(), write,
                       workspace.of(conv2d_backward_bias_workspace_bytes<bfloat16>(cpu, g)));
}

TEST_CASE("conv2d_pairs: integers give exactly what the definition gives, rounded once") {
  for (const Conv2dGeometry& g : test::conv2d_samples()) {
    CAPTURE(test::str(g));
    const Conv2dBuffers<float> before = test::integer_buffers<float>(g);
    for (const Write write : {Write::assign, Write::accumulate}) {
      for (const bool with_residual : {false, true}) {
        CAPTURE(static_cast<int>(write));
        CAPTURE(with_residual);
        Conv2dBuffers<float> expected = before;
        naive::conv2d(g, before.x.data(), before.w.data(),
                      {.bias = before.bias.data(),
                       .residual = with_residual ? before.y.data() : nullptr,
                       .relu = with_residual},
                      expected.y.data());
        naive::conv2d_backward_input(g, before.dy.data(), before.w.data(), expected.dx.data(),
                                     write);
        naive::conv2d_backward_weight(g, before.x.data(), before.dy.data(), expected.dw.data(),
                                      write);
        naive::conv2d_backward_bias(g, before.dy.data(), expected.db.data(), write);
        Bf16Buffers fast = rounded_buffers(before);
        run_all(Cpu{2}, g, fast, write, with_residual);
        const Bf16Buffers once = rounded_buffers(expected);
        CHECK(same_bits(fast.y, once.y));
        CHECK(same_bits(fast.dx, once.dx));
        CHECK(fast.dw == once.dw);
        CHECK(fast.db == once.db);
      }
    }
  }
}

TEST_CASE(
    "conv2d_pairs: near the definition in double, and 1, 2 and 4 threads give the same bits") {
  std::vector<Conv2dGeometry> geometries = test::conv2d_samples();
  geometries.push_back({2, 16, 61, 67, 16, 3, 3, 1, 1});
  geometries.push_back({2, 3, 65, 64, 64, 7, 7, 2, 3});
  for (const Conv2dGeometry& g : geometries) {
    CAPTURE(test::str(g));
    const Index in = g.input_pixels() * g.c_in, out = g.output_pixels() * g.c_out;
    const Bf16Buffers before{.x = test::uniform<bfloat16>("x", in),
                             .w = test::uniform<bfloat16>("w", g.weight_numel()),
                             .dy = test::uniform<bfloat16>("dy", out),
                             .residual = test::uniform<bfloat16>("residual", out),
                             .y = test::uniform<bfloat16>("y", out),
                             .dx = test::uniform<bfloat16>("dx", in),
                             .bias = test::uniform<float>("bias", g.c_out),
                             .dw = test::uniform<float>("dw", g.weight_numel()),
                             .db = test::uniform<float>("db", g.c_out)};
    const auto x = test::widened(before.x), w = test::widened(before.w),
               dy = test::widened(before.dy), bias = test::widened(before.bias);
    auto y = test::widened(before.y), dx = test::widened(before.dx), dw = test::widened(before.dw),
         db = test::widened(before.db);
    naive::conv2d<double>(g, x.data(), w.data(), {.bias = bias.data()}, y.data());
    naive::conv2d_backward_input(g, dy.data(), w.data(), dx.data(), Write::accumulate);
    naive::conv2d_backward_weight(g, x.data(), dy.data(), dw.data(), Write::accumulate);
    naive::conv2d_backward_bias(g, dy.data(), db.data(), Write::accumulate);
    Bf16Buffers one = before;
    run_all(Cpu{1}, g, one, Write::accumulate, false);
    CHECK(test::difference(one.y, y) <= test::kRoundedToBfloat16);
    CHECK(test::difference(one.dx, dx) <= test::kRoundedToBfloat16);
    CHECK(test::difference(one.dw, dw) <= test::kKernelFloatProduct);
    CHECK(test::difference(one.db, db) <= test::kKernelFloatProduct);
    for (const int threads : {2, 4}) {
      CAPTURE(threads);
      Bf16Buffers other = before;
      run_all(Cpu{threads}, g, other, Write::accumulate, false);
      CHECK(same_bits(one.y, other.y));
      CHECK(same_bits(one.dx, other.dx));
      CHECK(same_bits(one.dw, other.dw));
      CHECK(same_bits(one.db, other.db));
    }
  }
}

TEST_CASE("conv2d_pairs: prepared weights give the same bits") {
  for (const Conv2dGeometry& g : test::conv2d_samples()) {
    CAPTURE(test::str(g));
    const Cpu cpu{2};
    const Bf16Buffers b = rounded_buffers(test::integer_buffers<float>(g));
    std::vector<bfloat16> prepared(
        static_cast<std::size_t>(conv2d_prepared_numel<bfloat16>(cpu, g)));
    conv2d_prepare(Cpu{3}, g, b.w.data(), prepared.data());
    Workspace workspace;
    const Conv2dEpilogue<bfloat16> epilogue{
        .bias = b.bias.data(), .residual = b.residual.data(), .relu = true};
    std::vector<bfloat16> y(b.y.size()), again(b.y.size());
    conv2d(cpu, g, b.x.data(), b.w.data(), epilogue, y.data(),
           workspace.of(conv2d_workspace_bytes<bfloat16>(cpu, g, epilogue.parts())));
    conv2d_prepared(cpu, g, b.x.data(), prepared.data(), epilogue, again.data(),
                    workspace.of(conv2d_prepared_workspace_bytes<bfloat16>(cpu, g)));
    CHECK(same_bits(y, again));
  }
}

TEST_CASE("conv2d_pairs: workspace of batch 8 at 320x320 stays small") {
  constexpr std::size_t kLimit = 150u << 20;
  for (const Conv2dGeometry& g : {Conv2dGeometry{8, 3, 320, 320, 64, 7, 7, 2, 3},
                                  Conv2dGeometry{8, 16, 320, 320, 16, 3, 3, 1, 1},
                                  Conv2dGeometry{8, 768, 20, 20, 256, 3, 3, 1, 1},
                                  Conv2dGeometry{8, 512, 10, 10, 512, 3, 3, 1, 1}}) {
    CAPTURE(test::str(g));
    CHECK(conv2d_workspace_bytes<bfloat16>(Cpu{4}, g, {}) < kLimit);
    CHECK(conv2d_backward_input_workspace_bytes<bfloat16>(Cpu{4}, g) < kLimit);
    CHECK(conv2d_backward_weight_workspace_bytes<bfloat16>(Cpu{4}, g) < kLimit);
    CHECK(conv2d_backward_bias_workspace_bytes<bfloat16>(Cpu{4}, g) < kLimit);
  }
}

}  // namespace
}  // namespace fpanet::kernels
