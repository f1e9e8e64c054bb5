// The epilogue of every forward convolution, in all combinations of bias, residual and ReLU: the
// definition's values, and to the bit what separate sweeps over y would make of the convolution.
// With prepared weights, too.

#include "kernels/conv2d/epilogue.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "kernels/conv2d/direct.hpp"
#include "kernels/conv2d/winograd.hpp"
#include "kernels/naive/conv2d.hpp"
#include "kernels/relu_body.hpp"
#include "tests/kernels/check.hpp"
#include "tests/kernels/conv2d_samples.hpp"

namespace fpanet::kernels {
namespace {

using test::Conv2dBuffers;
using test::same_bits;

/// One implementation and the weights of a geometry in the form that it takes.
template <class T>
struct Implementation {
  const char* name;
  void (*forward)(const Cpu&, const Conv2dGeometry&, const T*, const T*, const Conv2dEpilogue<T>&,
                  T*, std::span<std::byte>);
  std::size_t (*workspace_bytes)(const Cpu&, const Conv2dGeometry&);
  std::vector<T> weights;

  std::vector<T> run(const Conv2dGeometry& g, const Conv2dBuffers<T>& b,
                     const Conv2dEpilogue<T>& epilogue, int threads = 2) const {
    auto workspace = test::scratch(workspace_bytes(Cpu{threads}, g));
    auto y = test::filled<T>(g.output_pixels() * g.c_out, std::numeric_limits<double>::quiet_NaN());
    forward(Cpu{threads}, g, b.x.data(), weights.data(), epilogue, y.data(), workspace);
    return y;
  }
};

/// Prepared by another number of threads than reads them.
template <class T>
std::vector<T> prepared_weights(const Conv2dGeometry& g, const Conv2dBuffers<T>& b,
                                Index (*numel)(const Conv2dGeometry&),
                                void (*prepare)(const Cpu&, const Conv2dGeometry&, const T*, T*)) {
  std::vector<T> prepared(static_cast<std::size_t>(numel(g)));
  prepare(Cpu{3}, g, b.w.data(), prepared.data());
  return prepared;
}

template <class T, Index kTile>
void add_winograd(const char* name, const Conv2dGeometry& g, const Conv2dBuffers<T>& b,
                  std::vector<Implementation<T>>& all) {
  all.push_back(
      {name, winograd::forward<T, kTile>, winograd::forward_workspace_bytes<T, kTile>, b.w});
  all.push_back(
      {name, winograd::forward_prepared<T, kTile>,
       winograd::forward_prepared_workspace_bytes<T, kTile>,
       prepared_weights(g, b, winograd::prepared_numel<T, kTile>, winograd::prepare<T, kTile>)});
}

template <class T>
std::vector<Implementation<T>> implementations(const Conv2dGeometry& g, const Conv2dBuffers<T>& b) {
  std::vector<Implementation<T>> all{
      {"direct", direct::forward<T>, direct::forward_workspace_bytes<T>, b.w},
      {"direct", direct::forward_prepared<T>, direct::forward_prepared_workspace_bytes<T>,
       prepared_weights(g, b, direct::prepared_numel<T>, direct::prepare<T>)}};
  if constexpr (std::is_same_v<T, float>) {
    if (winograd::supports_forward(g)) {
      add_winograd<T, 2>("winograd 2x2", g, b, all);
      add_winograd<T, 4>("winograd 4x4", g, b, all);
      add_winograd<T, 5>("winograd 5x5", g, b, all);
    }
  }
  return all;
}

/// f(epilogue) for each combination; b.y serves as the residual.
template <class T, class F>
void for_each_epilogue(const Conv2dBuffers<T>& b, const F& f) {
  for (const bool bias : {false, true}) {
    for (const bool residual : {false, true}) {
      for (const bool relu : {false, true}) {
        CAPTURE(bias);
        CAPTURE(residual);
        CAPTURE(relu);
        f(Conv2dEpilogue<T>{bias ? b.bias.data() : nullptr, residual ? b.y.data() : nullptr, relu});
      }
    }
  }
}

/// Values between -1 and 1 whose sums round.
template <class T>
Conv2dBuffers<T> rounding_buffers(const Conv2dGeometry& g) {
  Conv2dBuffers<T> b = test::integer_buffers<T>(g);
  for (auto* values : {&b.x, &b.w, &b.bias, &b.y}) {
    for (std::size_t i = 0; i < values->size(); ++i) {
      (*values)[i] = std::sin((*values)[i] * T(1.7) + static_cast<T>(i % 11));
    }
  }
  return b;
}

TEST_CASE_TEMPLATE("conv2d epilogue: the definition's values", T, float, double) {
  for (const Conv2dGeometry& g : test::conv2d_samples()) {
    CAPTURE(test::str(g));
    const Conv2dBuffers<T> b = test::integer_buffers<T>(g);
    const std::vector<Implementation<T>> paths = implementations<T>(g, b);
    for_each_epilogue(b, [&](const Conv2dEpilogue<T>& epilogue) {
      std::vector<T> expected(b.y.size());
      naive::conv2d(g, b.x.data(), b.w.data(), epilogue, expected.data());
      for (const Implementation<T>& path : paths) {
        CAPTURE(path.name);
        const std::vector<T> y = path.run(g, b, epilogue);
        if (std::string_view(path.name) == "direct") {
          CHECK(y == expected);  // integers are exact
        } else {
          // 9 * C_in products of up to 9: the largest sums round by 1e-6 of their terms' total
          CHECK(test::difference(y, test::widened(expected)) < 2e-5 * static_cast<double>(g.c_in));
        }
      }
    });
  }
}

TEST_CASE_TEMPLATE("conv2d epilogue: the bits of separate sweeps", T, float, double) {
  for (const Conv2dGeometry& g : test::conv2d_samples()) {
    CAPTURE(test::str(g));
    const Conv2dBuffers<T> b = rounding_buffers<T>(g);
    for (const Implementation<T>& path : implementations<T>(g, b)) {
      CAPTURE(path.name);
      const std::vector<T> plain = path.run(g, b, {}), biased = path.run(g, b, {b.bias.data()});
      for_each_epilogue(b, [&](const Conv2dEpilogue<T>& epilogue) {
        std::vector<T> swept = epilogue.bias != nullptr ? biased : plain;
        for (std::size_t i = 0; i < swept.size(); ++i) {
          if (epilogue.residual != nullptr) swept[i] += epilogue.residual[i];
          if (epilogue.relu) swept[i] = body::relu(swept[i]);
        }
        for (const int threads : {1, 2, 4}) {
          CAPTURE(threads);
          CHECK(same_bits(path.run(g, b, epilogue, threads), swept));
        }
      });
    }
  }
}

TEST_CASE_TEMPLATE("conv2d: prepared weights give the bits of plain ones", T, float, double) {
  std::vector<Conv2dGeometry> geometries = test::conv2d_samples();
  // Winograd 2x2 and 4x4, in the table's choice, too.
  geometries.push_back({1, 512, 10, 10, 512, 3, 3, 1, 1});
  geometries.push_back({1, 512, 16, 16, 128, 3, 3, 1, 1});
  for (const Conv2dGeometry& g : geometries) {
    CAPTURE(test::str(g));
    const Conv2dBuffers<T> b = rounding_buffers<T>(g);
    const Conv2dEpilogue<T> epilogue{b.bias.data(), b.y.data(), true};
    auto plain = b.y, prepared = b.y;
    auto workspace = test::scratch(conv2d_workspace_bytes<T>(Cpu{2}, g, epilogue.parts()));
    conv2d<T>(Cpu{2}, g, b.x.data(), b.w.data(), epilogue, plain.data(), workspace);
    std::vector<T> weights(static_cast<std::size_t>(conv2d_prepared_numel<T>(Cpu{2}, g)));
    REQUIRE_FALSE(weights.empty());
    conv2d_prepare<T>(Cpu{2}, g, b.w.data(), weights.data());
    workspace = test::scratch(conv2d_prepared_workspace_bytes<T>(Cpu{2}, g));
    conv2d_prepared<T>(Cpu{2}, g, b.x.data(), weights.data(), epilogue, prepared.data(), workspace);
    REQUIRE(conv2d_prepared_implementation(Cpu{2}, g, dtype_v<T>) ==
            conv2d_implementation(Cpu{2}, Conv2dPass::forward, g, dtype_v<T>));
    CHECK(same_bits(prepared, plain));
  }
}

TEST_CASE("conv2d: the side of Winograd's tiles") {
  const auto plain = [](const Conv2dGeometry& g) {
    return conv2d_implementation(Cpu{2}, Conv2dPass::forward, g, DType::f32);
  };
  const auto backward = [](const Conv2dGeometry& g) {
    return conv2d_implementation(Cpu{2}, Conv2dPass::backward_input, g, DType::f32);
  };
  const auto prepared = [](const Conv2dGeometry& g, DType dtype = DType::f32) {
    return conv2d_prepared_implementation(Cpu{2}, g, dtype);
  };
  // Nine tiles of 4x4: most of the time U is read. Of 10 pixels they fill three, two tiles of 5.
  const Conv2dGeometry few{1, 512, 10, 10, 512, 3, 3, 1, 1}, more{8, 512, 10, 10, 512, 3, 3, 1, 1};
  CHECK(plain(few) == "winograd 2x2");
  CHECK(backward(few) == "winograd 2x2");
  CHECK(prepared(few) == "winograd 2x2");
  CHECK(plain(more) == "winograd 4x4");
  CHECK(backward(more) == "winograd 4x4");
  CHECK(prepared(more) == "winograd 5x5");
  CHECK(prepared(more, DType::bf16) == "winograd 5x5");
  CHECK(prepared(more, DType::f64) == "direct");
  // Where 5 does not divide the image, tiles at its border would be wasted.
  CHECK(prepared({1, 512, 16, 16, 512, 3, 3, 1, 1}) == "winograd 4x4");
  CHECK(prepared({1, 64, 80, 80, 64, 3, 3, 1, 1}) == "winograd 5x5");
  CHECK(plain({1, 64, 80, 80, 64, 3, 3, 1, 1}) == "winograd 4x4");
  CHECK(prepared({8, 64, 80, 80, 128, 3, 3, 2, 1}) == "direct");
}

TEST_CASE_TEMPLATE("conv2d epilogue: NaN goes through the ReLU", T, float, double) {
  for (const Conv2dGeometry& g :
       {Conv2dGeometry{1, 16, 6, 6, 16, 3, 3, 1, 1}, {1, 3, 6, 6, 7, 3, 3, 1, 1}}) {
    Conv2dBuffers<T> b = test::integer_buffers<T>(g);
    b.y[5] = std::numeric_limits<T>::quiet_NaN();
    for (const Implementation<T>& path : implementations<T>(g, b)) {
      CAPTURE(path.name);
      const auto y = path.run(g, b, {.bias = b.bias.data(), .residual = b.y.data(), .relu = true});
      for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i == 5));
    }
  }
}

}  // namespace
}  // namespace fpanet::kernels
