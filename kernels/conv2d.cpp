#include "kernels/conv2d.hpp"

#include <algorithm>
#include <array>
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

// One way to run a pass. Rows are tried in order; the last fits everything.
template <class Run, class Bytes>
struct Row {
  std::string_view name;
  bool (*fits)(const Conv2dGeometry&);
  Run run;
  Bytes workspace_bytes;
};

bool always(const Conv2dGeometry&) {
  return true;
}

template <class T>
struct Forward : Row<decltype(&direct::forward<T>), decltype(&direct::forward_workspace_bytes<T>)> {
  bool sums_channels;  // obeys Conv2dEpilogue::statistics
};
template <class T>
using BackwardInput =
    Row<decltype(&direct::backward_input<T>), decltype(&direct::backward_input_workspace_bytes<T>)>;
template <class T>
using BackwardWeight = Row<decltype(&direct::backward_weight<T>),
                           decltype(&direct::backward_weight_workspace_bytes<T>)>;

// Forward with prepared weights.
template <class T>
struct Prepared : Row<decltype(&direct::forward_prepared<T>),
                      decltype(&direct::forward_prepared_workspace_bytes<T>)> {
  Index (*numel)(const Conv2dGeometry&);
  decltype(&direct::prepare<T>) prepare;
};

template <class T>
inline constexpr Forward<T> kDirectForward{
    {"direct", always, direct::forward<T>, direct::forward_workspace_bytes<T>}, true};
template <class T>
inline constexpr Prepared<T> kDirectPrepared{
    {"direct", always, direct::forward_prepared<T>, direct::forward_prepared_workspace_bytes<T>},
    direct::prepared_numel<T>,
    direct::prepare<T>};
template <class T>
inline constexpr BackwardInput<T> kDirectBackwardInput{"direct", always, direct::backward_input<T>,
                                                       direct::backward_input_workspace_bytes<T>};
template <class T>
inline constexpr BackwardWeight<T> kDirectBackwardWeight{
    "direct", always, direct::backward_weight<T>, direct::backward_weight_workspace_bytes<T>};

// Winograd pays, and with tiles of kTile a side.
template <bool (*kPays)(const Conv2dGeometry&), Index (*kBest)(const Conv2dGeometry&), Index kTile>
bool fits_winograd(const Conv2dGeometry& g) {
  return kPays(g) && kBest(g) == kTile;
}
template <class T>
inline constexpr auto kForwardPays = winograd::forward_is_worthwhile;
template <>
inline constexpr auto kForwardPays<bfloat16> = winograd::is_worthwhile_beside_pairs;
template <class T>
inline constexpr auto kBackwardPays = winograd::is_worthwhile;
template <>
inline constexpr auto kBackwardPays<bfloat16> = winograd::is_worthwhile_beside_pairs;

template <Index kTile>
inline constexpr std::string_view kWinogradName = kTile == 2   ? "winograd 2x2"
                                                  : kTile == 4 ? "winograd 4x4"
                                                               : "winograd 5x5";

template <class T, Index kTile>
inline constexpr Forward<T> kWinogradForward{
    {kWinogradName<kTile>, fits_winograd<kForwardPays<T>, winograd::forward_tile, kTile>,
     winograd::forward<T, kTile>, winograd::forward_workspace_bytes<T, kTile>},
    true};
template <class T, Index kTile>
inline constexpr Prepared<T> kWinogradPrepared{
    {kWinogradName<kTile>, fits_winograd<kForwardPays<T>, winograd::prepared_tile, kTile>,
     winograd::forward_prepared<T, kTile>, winograd::forward_prepared_workspace_bytes<T, kTile>},
    winograd::prepared_numel<T, kTile>,
    winograd::prepare<T, kTile>};
template <class T, Index kTile>
inline constexpr BackwardInput<T> kWinogradBackwardInput{
    kWinogradName<kTile>, fits_winograd<kBackwardPays<T>, winograd::backward_input_tile, kTile>,
    winograd::backward_input<T, kTile>, winograd::backward_input_workspace_bytes<T, kTile>};
template <class T>
inline constexpr BackwardWeight<T> kWinogradBackwardWeight{
    kWinogradName<4>, kBackwardPays<T>, winograd::backward_weight<T>,
    winograd::backward_weight_workspace_bytes<T>};

template <class T>
inline constexpr std::array kForward{kDirectForward<T>};
template <>
inline constexpr std::array kForward<float>{kWinogradForward<float, 2>, kWinogradForward<float, 4>,
                                            kDirectForward<float>};
template <>
inline constexpr std::array kForward<bfloat16>{
    kWinogradForward<bfloat16, 2>, kWinogradForward<bfloat16, 4>,
    Forward<bfloat16>{{"pairs", always, pairs::forward, pairs::forward_workspace_bytes}, false}};

template <class T>
inline constexpr std::array kPrepared{kDirectPrepared<T>};
template <>
inline constexpr std::array kPrepared<float>{kWinogradPrepared<float, 2>,
                                             kWinogradPrepared<float, 4>,
                                             kWinogradPrepared<float, 5>, kDirectPrepared<float>};
template <>
inline constexpr std::array kPrepared<bfloat16>{
    kWinogradPrepared<bfloat16, 2>, kWinogradPrepared<bfloat16, 4>, kWinogradPrepared<bfloat16, 5>,
    Prepared<bfloat16>{
        {"pairs", always, pairs::forward_prepared, pairs::forward_prepared_workspace_bytes},
        pairs::prepared_numel,
        pairs::prepare}};

template <class T>
inline constexpr std::array kBackwardInput{kDirectBackwardInput<T>};
template <>
inline constexpr std::array kBackwardInput<float>{kWinogradBackwardInput<float, 2>,
                                                  kWinogradBackwardInput<float, 4>,
                                                  kDirectBackwardInput<float>};
template <>
inline constexpr std::array kBackwardInput<bfloat16>{
    kWinogradBackwardInput<bfloat16, 2>, kWinogradBackwardInput<bfloat16, 4>,
    BackwardInput<bfloat16>{"pairs", always, pairs::backward_input,
                            pairs::backward_input_workspace_bytes}};

template <class T>
inline constexpr std::array kBackwardWeight{kDirectBackwardWeight<T>};
template <>
inline constexpr std::array kBackwardWeight<float>{kWinogradBackwardWeight<float>,
                                                   kDirectBackwardWeight<float>};
template <>
inline constexpr std::array kBackwardWeight<bfloat16>{
    kWinogradBackwardWeight<bfloat16>,
    BackwardWeight<bfloat16>{"pairs", always, pairs::backward_weight,
                             pairs::backward_weight_workspace_bytes}};

template <class Table>
const auto& choose(const Table& table, const Conv2dGeometry& g) {
  assert(g.n > 0 && g.c_in > 0 && g.c_out > 0 && g.stride > 0 && g.padding >= 0);
  assert(g.out_h() > 0 && g.out_w() > 0);
  std::size_t row = 0;
  while (!table[row].fits(g)) ++row;
  return table[row];
}

// Whether statistics are taken of what is still in L1. A small y is in a cache when it is swept, too, so
// that there is nothing to gain.
template <class T>
bool leaves_statistics(const Forward<T>& way, const Conv2dGeometry& g) {
  constexpr Index kLarge = Index{1} << 19;  // elements
  return way.sums_channels && g.output_pixels() * g.c_out >= kLarge;
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

// A chunk of pixels is summed kBiasLanes rows of channels side by side, which makes vectors of few channels,
// too; then lanes, then chunks, in order.
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
  const Forward<T>& way = choose(kForward<T>, g);
  if (epilogue.statistics == nullptr || leaves_statistics(way, g)) {
    return way.run(cpu, g, x, w, epilogue, y, workspace);
  }
  Conv2dEpilogue<T> without = epilogue;
  without.statistics = nullptr;
  way.run(cpu, g, x, w, without, y, workspace);
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
  const Forward<T>& way = choose(kForward<T>, g);
  const std::size_t product = way.workspace_bytes(cpu, g);
  if (!epilogue.statistics || leaves_statistics(way, g)) return product;
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
