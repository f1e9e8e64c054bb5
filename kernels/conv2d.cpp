#include "kernels/conv2d.hpp"

#include <algorithm>
#include <cassert>

#include "kernels/base/parallel_workers.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/channel_statistics.hpp"
#include "kernels/conv2d/direct.hpp"
#include "kernels/conv2d/instances.hpp"
#include "kernels/conv2d/pairs.hpp"
#include "kernels/conv2d/winograd.hpp"

namespace fpanet::kernels {
namespace {

// The implementations of each pass. One row is one implementation; the first row whose `fits` holds
// is taken, and the last row of every table fits every geometry. `fits` is declared beside its
// algorithm.

template <class T>
struct Forward {
  std::string_view name;
  bool (*fits)(const Conv2dGeometry&);
  decltype(&direct::forward<T>) run;
  decltype(&direct::forward_workspace_bytes<T>) workspace_bytes;
  bool sums_channels;  // computes Conv2dEpilogue::statistics itself
};

// Forward with prepared weights.
template <class T>
struct Prepared {
  std::string_view name;
  bool (*fits)(const Conv2dGeometry&);
  decltype(&direct::forward_prepared<T>) run;
  decltype(&direct::forward_prepared_workspace_bytes<T>) workspace_bytes;
  decltype(&direct::prepared_numel<T>) numel;
  decltype(&direct::prepare<T>) prepare;
};

template <class T>
struct BackwardInput {
  std::string_view name;
  bool (*fits)(const Conv2dGeometry&);
  decltype(&direct::backward_input<T>) run;
  decltype(&direct::backward_input_workspace_bytes<T>) workspace_bytes;
};

template <class T>
struct BackwardWeight {
  std::string_view name;
  bool (*fits)(const Conv2dGeometry&);
  decltype(&direct::backward_weight<T>) run;
  decltype(&direct::backward_weight_workspace_bytes<T>) workspace_bytes;
};

// clang-format off
template <class T> constexpr Forward<T> kForward[] = {
  {"direct",       direct::fits,                     direct::forward<T>,            direct::forward_workspace_bytes<T>,            true}};
template <> constexpr Forward<float> kForward<float>[] = {
  {"winograd 2x2", winograd::forward_fits<float, 2>, winograd::forward<float, 2>,   winograd::forward_workspace_bytes<float, 2>,   true},
  {"winograd 4x4", winograd::forward_fits<float, 4>, winograd::forward<float, 4>,   winograd::forward_workspace_bytes<float, 4>,   true},
  {"direct",       direct::fits,                     direct::forward<float>,        direct::forward_workspace_bytes<float>,        true}};
template <> constexpr Forward<bfloat16> kForward<bfloat16>[] = {
  {"winograd 2x2", winograd::forward_fits<bfloat16, 2>, winograd::forward<bfloat16, 2>, winograd::forward_workspace_bytes<bfloat16, 2>, true},
  {"winograd 4x4", winograd::forward_fits<bfloat16, 4>, winograd::forward<bfloat16, 4>, winograd::forward_workspace_bytes<bfloat16, 4>, true},
  {"pairs",        pairs::fits,                         pairs::forward,                 pairs::forward_workspace_bytes,                 false}};

template <class T> constexpr Prepared<T> kPrepared[] = {
  {"direct",       direct::fits, direct::forward_prepared<T>, direct::forward_prepared_workspace_bytes<T>, direct::prepared_numel<T>, direct::prepare<T>}};
template <> constexpr Prepared<float> kPrepared<float>[] = {
  {"winograd 2x2", winograd::prepared_fits<float, 2>, winograd::forward_prepared<float, 2>, winograd::forward_prepared_workspace_bytes<float, 2>, winograd::prepared_numel<float, 2>, winograd::prepare<float, 2>},
  {"winograd 4x4", winograd::prepared_fits<float, 4>, winograd::forward_prepared<float, 4>, winograd::forward_prepared_workspace_bytes<float, 4>, winograd::prepared_numel<float, 4>, winograd::prepare<float, 4>},
  {"winograd 5x5", winograd::prepared_fits<float, 5>, winograd::forward_prepared<float, 5>, winograd::forward_prepared_workspace_bytes<float, 5>, winograd::prepared_numel<float, 5>, winograd::prepare<float, 5>},
  {"direct",       direct::fits,                      direct::forward_prepared<float>,      direct::forward_prepared_workspace_bytes<float>,      direct::prepared_numel<float>,      direct::prepare<float>}};
template <> constexpr Prepared<bfloat16> kPrepared<bfloat16>[] = {
  {"winograd 2x2", winograd::prepared_fits<bfloat16, 2>, winograd::forward_prepared<bfloat16, 2>, winograd::forward_prepared_workspace_bytes<bfloat16, 2>, winograd::prepared_numel<bfloat16, 2>, winograd::prepare<bfloat16, 2>},
  {"winograd 4x4", winograd::prepared_fits<bfloat16, 4>, winograd::forward_prepared<bfloat16, 4>, winograd::forward_prepared_workspace_bytes<bfloat16, 4>, winograd::prepared_numel<bfloat16, 4>, winograd::prepare<bfloat16, 4>},
  {"winograd 5x5", winograd::prepared_fits<bfloat16, 5>, winograd::forward_prepared<bfloat16, 5>, winograd::forward_prepared_workspace_bytes<bfloat16, 5>, winograd::prepared_numel<bfloat16, 5>, winograd::prepare<bfloat16, 5>},
  {"pairs",        pairs::fits,                          pairs::forward_prepared,                 pairs::forward_prepared_workspace_bytes,                 pairs::prepared_numel,                 pairs::prepare}};

template <class T> constexpr BackwardInput<T> kBackwardInput[] = {
  {"direct",       direct::fits,                                direct::backward_input<T>,             direct::backward_input_workspace_bytes<T>}};
template <> constexpr BackwardInput<float> kBackwardInput<float>[] = {
  {"winograd 2x2", winograd::backward_input_fits<float, 2>,    winograd::backward_input<float, 2>,    winograd::backward_input_workspace_bytes<float, 2>},
  {"winograd 4x4", winograd::backward_input_fits<float, 4>,    winograd::backward_input<float, 4>,    winograd::backward_input_workspace_bytes<float, 4>},
  {"direct",       direct::fits,                                direct::backward_input<float>,         direct::backward_input_workspace_bytes<float>}};
template <> constexpr BackwardInput<bfloat16> kBackwardInput<bfloat16>[] = {
  {"winograd 2x2", winograd::backward_input_fits<bfloat16, 2>, winograd::backward_input<bfloat16, 2>, winograd::backward_input_workspace_bytes<bfloat16, 2>},
  {"winograd 4x4", winograd::backward_input_fits<bfloat16, 4>, winograd::backward_input<bfloat16, 4>, winograd::backward_input_workspace_bytes<bfloat16, 4>},
  {"pairs",        pairs::fits,                                 pairs::backward_input,                 pairs::backward_input_workspace_bytes}};

template <class T> constexpr BackwardWeight<T> kBackwardWeight[] = {
  {"direct",       direct::fits,                              direct::backward_weight<T>,          direct::backward_weight_workspace_bytes<T>}};
template <> constexpr BackwardWeight<float> kBackwardWeight<float>[] = {
  {"winograd 4x4", winograd::backward_weight_fits<float>,    winograd::backward_weight<float>,    winograd::backward_weight_workspace_bytes<float>},
  {"direct",       direct::fits,                              direct::backward_weight<float>,      direct::backward_weight_workspace_bytes<float>}};
template <> constexpr BackwardWeight<bfloat16> kBackwardWeight<bfloat16>[] = {
  {"winograd 4x4", winograd::backward_weight_fits<bfloat16>, winograd::backward_weight<bfloat16>, winograd::backward_weight_workspace_bytes<bfloat16>},
  {"pairs",        pairs::fits,                               pairs::backward_weight,              pairs::backward_weight_workspace_bytes}};
// clang-format on

// The first row that fits.
template <class Row, std::size_t kRows>
const Row& choose(const Row (&table)[kRows], const Conv2dGeometry& g) {
  assert(g.n > 0 && g.c_in > 0 && g.c_out > 0 && g.stride > 0 && g.padding >= 0);
  assert(g.out_h() > 0 && g.out_w() > 0);
  std::size_t row = 0;
  while (!table[row].fits(g)) ++row;
  return table[row];
}

// Whether the implementation sums y's channels while a row of y is still in L1. A small y stays in a
// cache until a sweep of its own reads it, so summing early gains nothing there.
template <class T>
bool sums_early(const Forward<T>& implementation, const Conv2dGeometry& g) {
  constexpr Index kLarge = Index{1} << 19;  // elements
  return implementation.sums_channels && g.output_pixels() * g.c_out >= kLarge;
}

template <class T>
std::string_view name_of_choice(Conv2dPass pass, const Conv2dGeometry& g) {
  switch (pass) {
    case Conv2dPass::forward:
      return choose(kForward<T>, g).name;
    case Conv2dPass::backward_input:
      return choose(kBackwardInput<T>, g).name;
    case Conv2dPass::backward_weight:
      break;
  }
  return choose(kBackwardWeight<T>, g).name;
}

// A chunk of pixels is summed in kBiasLanes rows of channels side by side, so that few channels fill a
// vector too. Then the lanes are added, then the chunks, both in order.
constexpr Index kBiasChunk = 2048, kBiasLanes = 16;

Index bias_chunks(const Conv2dGeometry& g) {
  return divide_up(g.output_pixels(), kBiasChunk);
}

}  // namespace

std::string_view conv2d_implementation(const Cpu&, Conv2dPass pass, const Conv2dGeometry& g,
                                       DType dtype, Conv2dEpilogueParts) {
  if (dtype == DType::bf16) return name_of_choice<bfloat16>(pass, g);
  return dtype == DType::f64 ? name_of_choice<double>(pass, g) : name_of_choice<float>(pass, g);
}

std::string_view conv2d_prepared_implementation(const Cpu&, const Conv2dGeometry& g, DType dtype) {
  if (dtype == DType::bf16) return choose(kPrepared<bfloat16>, g).name;
  return dtype == DType::f64 ? choose(kPrepared<double>, g).name : choose(kPrepared<float>, g).name;
}

template <class T>
void conv2d(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* w,
            const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace) {
  const Forward<T>& implementation = choose(kForward<T>, g);
  if (epilogue.statistics == nullptr || sums_early(implementation, g)) {
    return implementation.run(cpu, g, x, w, epilogue, y, workspace);
  }
  Conv2dEpilogue<T> without = epilogue;
  without.statistics = nullptr;
  implementation.run(cpu, g, x, w, without, y, workspace);
  channel_statistics<T>(cpu, {y, g.n, g.c_out, g.out_h(), g.out_w()}, epilogue.statistics,
                        workspace);
}

template <class T>
Index conv2d_prepared_numel(const Cpu&, const Conv2dGeometry& g) {
  return choose(kPrepared<T>, g).numel(g);
}

template <class T>
void conv2d_prepare(const Cpu& cpu, const Conv2dGeometry& g, const T* w, T* prepared) {
  choose(kPrepared<T>, g).prepare(cpu, g, w, prepared);
}

template <class T>
void conv2d_prepared(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* prepared,
                     const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace) {
  choose(kPrepared<T>, g).run(cpu, g, x, prepared, epilogue, y, workspace);
}

template <class T>
void conv2d_backward_input(const Cpu& cpu, const Conv2dGeometry& g, const T* dy, const T* w, T* dx,
                           Write write, std::span<std::byte> workspace) {
  choose(kBackwardInput<T>, g).run(cpu, g, dy, w, dx, write, workspace);
}

template <class T>
void conv2d_backward_weight(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* dy,
                            Real<T>* dw, Write write, std::span<std::byte> workspace) {
  choose(kBackwardWeight<T>, g).run(cpu, g, x, dy, dw, write, workspace);
}

template <class T>
void conv2d_backward_bias(const Cpu& cpu, const Conv2dGeometry& g, const T* dy, Real<T>* db,
                          Write write, std::span<std::byte> workspace) {
  const Index chunks = bias_chunks(g), lanes = kBiasLanes * g.c_out;
  Real<T>* const partials = Scratch(workspace).take<Real<T>>(chunks * lanes);
  parallel_workers(cpu, chunks, [&](Index chunk, Index) {
    Real<T>* const sum = partials + chunk * lanes;
    const Index end = std::min(g.output_pixels(), (chunk + 1) * kBiasChunk) * g.c_out;
    std::fill_n(sum, lanes, Real<T>(0));
    for (Index first = chunk * kBiasChunk * g.c_out; first < end; first += lanes) {
      const Index count = std::min(lanes, end - first);
      for (Index i = 0; i < count; ++i) sum[i] += static_cast<Real<T>>(dy[first + i]);
    }
    for (Index i = g.c_out; i < lanes; ++i) sum[i % g.c_out] += sum[i];
  });
  for (Index o = 0; o < g.c_out; ++o) {
    Real<T> total = 0;
    for (Index chunk = 0; chunk < chunks; ++chunk) total += partials[chunk * lanes + o];
    store(db[o], total, write);
  }
}

template <class T>
std::size_t conv2d_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g,
                                   Conv2dEpilogueParts epilogue) {
  const Forward<T>& implementation = choose(kForward<T>, g);
  const std::size_t product = implementation.workspace_bytes(cpu, g);
  if (!epilogue.statistics || sums_early(implementation, g)) return product;
  return std::max(product, channel_statistics_workspace_bytes<T>(cpu, g.output_pixels(), g.c_out));
}

template <class T>
std::size_t conv2d_prepared_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return choose(kPrepared<T>, g).workspace_bytes(cpu, g);
}

template <class T>
std::size_t conv2d_backward_input_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return choose(kBackwardInput<T>, g).workspace_bytes(cpu, g);
}

template <class T>
std::size_t conv2d_backward_weight_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return choose(kBackwardWeight<T>, g).workspace_bytes(cpu, g);
}

template <class T>
std::size_t conv2d_backward_bias_workspace_bytes(const Cpu&, const Conv2dGeometry& g) {
  return kScratchAlignment + scratch_bytes<Real<T>>(bias_chunks(g) * kBiasLanes * g.c_out);
}

#define FPANET_INSTANTIATE(T)                                                          \
  FPANET_INSTANTIATE_CONV2D(Cpu, T);                                                   \
  template Index conv2d_prepared_numel<T>(const Cpu&, const Conv2dGeometry&);          \
  template void conv2d_prepare(const Cpu&, const Conv2dGeometry&, const T*, T*);       \
  template void conv2d_prepared(const Cpu&, const Conv2dGeometry&, const T*, const T*, \
                                const Conv2dEpilogue<T>&, T*, std::span<std::byte>);   \
  template std::size_t conv2d_prepared_workspace_bytes<T>(const Cpu&, const Conv2dGeometry&)

FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
