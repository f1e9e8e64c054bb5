#include "kernels/conv2d/winograd_phases.hpp"

#include <array>
#include <cassert>

#include "kernels/conv2d/winograd.hpp"
#include "kernels/conv2d/winograd_u.hpp"

namespace fpanet::kernels::winograd::phases {
namespace {

constexpr Index kPhases = 4;

Index tiles_along(Index size) {
  return divide_up(size, kWinogradTile);
}

// Phase 2r + s computes rows 2i + r and columns 2j + s of y. One of its tiles is every second pixel
// of an 8x8 square. The patch starts one pixel before the tile along an axis where r or s is 0, and
// at the tile where it is 1.
Job<float> phase_job(const UpsampledGeometry& g, Index r, Index s, const float* x, float* y) {
  const Index h = g.whole.h / 2, w = g.whole.w / 2;
  const Index rows = tiles_along(h), cols = tiles_along(w);
  auto source =
      WinogradImages<const float>::dense(x, g.whole.n, h, w, g.up_channels, rows, cols, 0);
  source.top = 1 - r;
  source.left = 1 - s;
  return {&winograd_kernels<float>().phase, source,
          WinogradImages<float>::phase(y, g.whole.n, h, w, g.whole.c_out, rows, cols, r, s),
          g.whole.n * rows * cols};
}

// Convolution of skip for quarter 2r + s of the same squares.
Job<float> skip_job(const UpsampledGeometry& g, Index r, Index s, const float* skip, float* y) {
  const Conv2dGeometry& whole = g.whole;
  const Index rows = tiles_along(whole.h / 2), cols = tiles_along(whole.w / 2);
  Job<float> job{
      &winograd_kernels<float>().whole,
      WinogradImages<const float>::dense(skip, whole.n, whole.h, whole.w, g.skip_channels(), rows,
                                         cols, 1),
      WinogradImages<float>::dense(y, whole.n, whole.h, whole.w, whole.c_out, rows, cols, 0),
      whole.n * rows * cols};
  const auto move = [&](auto& images) {
    images.step = 2 * kWinogradTile;
    images.top -= r * kWinogradTile;
    images.left -= s * kWinogradTile;
  };
  move(job.source);
  move(job.target);
  return job;
}

Index phase_numel(const UpsampledGeometry& g) {
  return phase_job(g, 0, 0, nullptr, nullptr).u_numel();
}

// The quarters of skip, if any, then the phases. They are stored inline because a run must not
// allocate.
struct Parts {
  std::array<Part<float>, 2 * kPhases> made;
  std::size_t count = 0;

  // u: for the phases, then for the channels of skip.
  Parts(const UpsampledGeometry& g, const float* x, const float* skip, const float* u,
        const Conv2dEpilogue<float>& epilogue, float* y) {
    const bool has_skip = g.skip_channels() > 0;
    // There is no u where only sizes are asked for.
    const auto part_of_u = [u](Index offset) { return u == nullptr ? nullptr : u + offset; };
    for (Index p = 0; has_skip && p < kPhases; ++p) {
      made[count++] = {skip_job(g, p / 2, p % 2, skip, y),
                       {.u = part_of_u(kPhases * phase_numel(g))}};
    }
    for (Index p = 0; p < kPhases; ++p) {
      Job<float> job = phase_job(g, p / 2, p % 2, x, y);
      job.source.distant &= p == 0;     // phase 0 has fetched them for the others
      job.target.distant &= !has_skip;  // the quarters of skip have fetched them
      made[count++] = {job,
                       {.u = part_of_u(p * job.u_numel())},
                       {.bias = epilogue.bias,
                        .residual = has_skip ? job.target.data : nullptr,
                        .relu = epilogue.relu}};
    }
  }
  std::span<const Part<float>> all() const { return std::span(made).first(count); }
};

}  // namespace

bool supports(const UpsampledGeometry& g) {
  const Conv2dGeometry& whole = g.whole;
  return winograd::supports(whole) && whole.padding == 1 && whole.h % 2 == 0 && whole.w % 2 == 0 &&
         g.up_channels % kWinogradChannels == 0;
}

bool is_worthwhile(const UpsampledGeometry& g) {
  const Conv2dGeometry& whole = g.whole;
  if (!supports(g) || !winograd::is_worthwhile(whole)) return false;
  // Computing U costs about as much as the products of 7 tiles (docs/performance/inference.md).
  constexpr Index kTilesOfU = 7;
  const Index small = whole.n * tiles_along(whole.h / 2) * tiles_along(whole.w / 2) + kTilesOfU;
  const Index large = whole.n * tiles_along(whole.h) * tiles_along(whole.w) + kTilesOfU;
  return 10 * kPhases * kWinogradPhasePositions * small < 9 * kWinogradPositions * large;
}

Index u_numel(const UpsampledGeometry& g) {
  const Index up = kPhases * phase_numel(g);
  return g.skip_channels() > 0 ? up + skip_job(g, 0, 0, nullptr, nullptr).u_numel() : up;
}

void make_u(const Cpu& cpu, const UpsampledGeometry& g, const float* w, float* u) {
  make_phases_u(cpu, phase_job(g, 0, 0, nullptr, nullptr), {w, g.whole.c_in}, u);
  if (g.skip_channels() > 0) {
    winograd::make_u<float>(cpu, skip_job(g, 0, 0, nullptr, nullptr),
                            {w + g.up_channels, g.whole.c_in}, u + kPhases * phase_numel(g));
  }
}

void run(const Cpu& cpu, const UpsampledGeometry& g, const float* x, const float* skip,
         const float* u, const Conv2dEpilogue<float>& epilogue, float* y,
         std::span<std::byte> workspace) {
  assert(supports(g) && (skip != nullptr) == (g.skip_channels() > 0));
  assert(epilogue.residual == nullptr);
  run_parts<float>(cpu, Parts(g, x, skip, u, epilogue, y).all(), workspace);
}

std::size_t workspace_bytes(const Cpu& cpu, const UpsampledGeometry& g) {
  return parts_workspace_bytes<float>(cpu, Parts(g, nullptr, nullptr, nullptr, {}, nullptr).all(),
                                      true);
}

}  // namespace fpanet::kernels::winograd::phases
