// The epilogue of every forward convolution, in all combinations of bias, residual and ReLU: the
// definition's values, and to the bit what separate sweeps over y would make of the convolution.
// With prepared weights, too.

#include "kernels/conv2d_epilogue.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "kernels/conv2d_direct.hpp"
#include "kernels/conv2d_winograd.hpp"
#include "kernels/naive/conv2d.hpp"
#include "kernels/relu_body.hpp"
#include "tests/kernels/check.hpp"
#include "tests/kernels/conv2d_samples.hpp"

namespace fpanet::kernels {
namespace {

using test::Conv2dBuffers;
using test::same_bits;

template <class T>
struct Implementation {
  const char* name;
  void (*forward)(const Cpu&, const Conv2dGeometry&, const T*, const T*, const Conv2dEpilogue<T>&,
                  T*, std::span<std::byte>);
  std::size_t (*workspace_bytes)(const Cpu&, const Conv2dGeometry&);
  Index (*prepared_numel)(const Conv2dGeometry&) = nullptr;  // null: forward takes w itself
  void (*prepare)(const Cpu&, const Conv2dGeometry&, const T*, T*) = nullptr;

  std::vector<T> run(const Conv2dGeometry& g, const Conv2dBuffers<T>& b,
                     const Conv2dEpilogue<T>& epilogue, int threads = 2) const {
    auto workspace = test::scratch(workspace_bytes(Cpu{threads}, g));
    auto y = test::filled<T>(g.output_pixels() * g.c_out, std::numeric_limits<double>::quiet_NaN());
    std::vector<T> prepared;
    if (prepare != nullptr) {
      // Prepared by another number of threads than reads it.
      prepared.resize(static_cast<std::size_t>(prepared_numel(g)));
      prepare(Cpu{3}, g, b.w.data(), prepared.data());
    }
    const T* const weights = prepare != nullptr ? prepared.data() : b.w.data();
    forward(Cpu{threads}, g, b.x.data(), weights, epilogue, y.data(), workspace);
    return y;
  }
};

template <class T>
std::vector<Implementation<T>> implementations(const Conv2dGeometry& g) {
  std::vector<Implementation<T>> all{
      {"direct", direct::forward<T>, direct::forward_workspace_bytes<T>},
      {"direct", direct::forward_prepared<T>, direct::forward_prepared_workspace_bytes<T>,
       direct::prepared_numel<T>, direct::prepare<T>}};
  if constexpr (std::is_same_v<T, float>) {
    if (winograd::supports_forward(g)) {
      all.push_back({"winograd", winograd::forward<T>, winograd::forward_workspace_bytes<T>});
      all.push_back({"winograd", winograd::forward_prepared<T>,
                     winograd::forward_prepared_workspace_bytes<T>, winograd::prepared_numel<T>,
                     winograd::prepare<T>});
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
    for_each_epilogue(b, [&](const Conv2dEpilogue<T>& epilogue) {
      std::vector<T> expected(b.y.size());
      naive::conv2d(g, b.x.data(), b.w.data(), epilogue, expected.data());
      for (const Implementation<T>& path : implementations<T>(g)) {
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
    for (const Implementation<T>& path : implementations<T>(g)) {
      CAPTURE(path.name);
      for_each_epilogue(b, [&](const Conv2dEpilogue<T>& epilogue) {
        std::vector<T> swept = path.run(g, b, {.bias = epilogue.bias});
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
  geometries.push_back({1, 512, 10, 10, 512, 3, 3, 1, 1});  // Winograd, in the table's choice, too
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
    CHECK(same_bits(prepared, plain));
  }
  if constexpr (std::is_same_v<T, float>) {  // many tiles: not worth the memory
    CHECK(conv2d_prepared_numel<T>(Cpu{2}, {4, 64, 80, 80, 64, 3, 3, 1, 1}) == 0);
  }
}

TEST_CASE_TEMPLATE("conv2d epilogue: NaN goes through the ReLU", T, float, double) {
  for (const Conv2dGeometry& g :
       {Conv2dGeometry{1, 16, 6, 6, 16, 3, 3, 1, 1}, {1, 3, 6, 6, 7, 3, 3, 1, 1}}) {
    Conv2dBuffers<T> b = test::integer_buffers<T>(g);
    b.y[5] = std::numeric_limits<T>::quiet_NaN();
    for (const Implementation<T>& path : implementations<T>(g)) {
      CAPTURE(path.name);
      const auto y = path.run(g, b, {.bias = b.bias.data(), .residual = b.y.data(), .relu = true});
      for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i == 5));
    }
  }
}

}  // namespace
}  // namespace fpanet::kernels
