// Ranks that are threads with an emulated GPU each share a training step.

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "engine/distributed/thread_ranks.hpp"
#include "layers/all_reduce.hpp"
#include "tests/support/emulated_ranks.hpp"
#include "tests/support/ranked_steps.hpp"

namespace fpanet::test {
namespace {

/// What each of `size` ranks has of body(ranks), on GPUs that run their threads in different orders.
template <class Result, class Body>
std::vector<Result> on_emulated_gpus(int size, const Body& body) {
  std::vector<Result> results(static_cast<std::size_t>(size));
  run_thread_ranks(size, [&](Communicator& ranks) {
    const Cuda cuda{ranks.rank() % 2};
    ranks.use_gpus(std::make_unique<EmulatedGpuRanks>(ranks, cuda));
    results[static_cast<std::size_t>(ranks.rank())] = body(ranks, Context(cuda));
  });
  return results;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

/// Gradients of a rank: sums of them depend on the order of additions.
Tensor gradients_of(int rank, Index count) {
  Tensor values = Tensor::empty({count}, DType::f32);
  for (Index i = 0; i < count; ++i) {
    values.span<float>()[static_cast<std::size_t>(i)] =
        static_cast<float>(std::sin(static_cast<double>(i + 100 * rank)) * std::pow(10.0, rank));
  }
  return values;
}

/// The sums of segments of a region on `context`.
Tensor summed(Communicator& ranks, const Context& context, GradientSum how) {
  const std::vector<Segment> segments = {{0, 1000}, {1008, 1}, {1024, 77}};
  Graph graph(context, Graph::Mode::eager);
  const Tensor memory = gradients_of(ranks.rank(), 1200).to(graph.device());
  const Value region = graph.state("gradients", memory);
  std::vector<Value> used;
  const auto begun = all_reduce_segments(region, segments, ranks, how);
  if (begun) used.push_back(*begun);
  finish_all_reduce(region, used, ranks);
  return memory;
}

TEST_CASE("gradients on emulated GPUs: ordered sums have the CPU's bits, bf16 rounds them") {
  constexpr int kRanks = 3;
  std::vector<Tensor> on_cpus(kRanks);
  run_thread_ranks(kRanks, [&](Communicator& ranks) {
    on_cpus[static_cast<std::size_t>(ranks.rank())] = summed(ranks, Cpu{1}, GradientSum::ordered);
  });
  const auto on_gpus = [&](GradientSum how) {
    return on_emulated_gpus<Tensor>(kRanks, [&](Communicator& ranks, const Context& context) {
      return summed(ranks, context, how);
    });
  };
  const std::vector<Tensor> ordered = on_gpus(GradientSum::ordered),
                            library = on_gpus(GradientSum::library),
                            rounded = on_gpus(GradientSum::bf16);
  const auto in_segment = [](std::size_t i) {
    return i < 1000 || i == 1008 || (i >= 1024 && i < 1024 + 77);
  };
  std::size_t other_order = 0, other_bits = 0;
  for (std::size_t rank = 0; rank < kRanks; ++rank) {
    CHECK(same_bits(ordered[rank], on_cpus[rank]));
    const Tensor own = gradients_of(static_cast<int>(rank), 1200);
    for (std::size_t i = 0; i < 1200; ++i) {
      const float exact = ordered[rank].span<float>()[i];
      const float free = library[rank].span<float>()[i], low = rounded[rank].span<float>()[i];
      if (!in_segment(i)) {
        CHECK(exact == own.span<float>()[i]);
        CHECK(free == exact);
        CHECK(low == exact);
        continue;
      }
      // Each rank's value and the sum are rounded once, with a relative error of at most 2^-8.
      double scale = 0;
      for (int r = 0; r < kRanks; ++r) {
        scale += std::abs(static_cast<double>(gradients_of(r, 1200).span<float>()[i]));
      }
      REQUIRE(std::abs(static_cast<double>(low) - static_cast<double>(exact)) <= scale / 127);
      REQUIRE(low == static_cast<float>(bfloat16(low)));
      REQUIRE(low == rounded[0].span<float>()[i]);
      REQUIRE(free == library[0].span<float>()[i]);
      REQUIRE(std::abs(static_cast<double>(free) - static_cast<double>(exact)) <= scale * 1e-6);
      if (free != exact) ++other_order;
      if (low != exact) ++other_bits;
    }
  }
  CHECK(other_order > 100);
  CHECK(other_bits > 100);
}

/// The norm of the difference of all gradients, in that of the gradients. In f32, gradients that nearly
/// vanish are far apart, so single ones tell nothing.
double difference(const RankedSteps& expected, const RankedSteps& actual) {
  double apart = 0, squares = 0;
  for (std::size_t i = 0; i < expected.names.size(); ++i) {
    for (std::size_t k = 0; k < expected.gradients[i].size(); ++k) {
      const double one = expected.gradients[i][k], other = actual.gradients[i][k];
      apart += (one - other) * (one - other);
      squares += one * one;
    }
  }
  return std::sqrt(apart / squares);
}

constexpr double kFloatGradients = 2e-2;

TEST_CASE("ranks with emulated GPUs compute the step of one process") {
  RankedPlan plan{.images = 3, .side = 64, .dtype = DType::f32};
  plan.buckets = {.bytes = Index{1} << 20};
  SingleRank alone;
  const RankedSteps whole = ranked_steps(alone, plan);
  const auto steps = [&](GradientSum how) {
    plan.buckets.sum = how;
    return on_emulated_gpus<RankedSteps>(2, [&](Communicator& ranks, const Context& context) {
      return ranked_steps(ranks, plan, context);
    });
  };
  const std::vector<RankedSteps> ordered = steps(GradientSum::ordered),
                                 again = steps(GradientSum::ordered),
                                 rounded = steps(GradientSum::bf16);
  for (std::size_t rank = 0; rank < 2; ++rank) {
    CHECK(std::abs(ordered[rank].losses[0] - whole.losses[0]) < 1e-6);
    CHECK(difference(whole, ordered[rank]) < kFloatGradients);
    CHECK(difference(whole, rounded[rank]) < kFloatGradients);
    CHECK(same_bits(ordered[rank].values, again[rank].values));
    CHECK(same_bits(ordered[rank].values, ordered[0].values));
    CHECK(same_bits(rounded[rank].values, rounded[0].values));
  }
  CHECK_FALSE(same_bits(rounded[0].values, ordered[0].values));
}

TEST_CASE("a rank with an emulated GPU and no image of the batch adds nothing to its step") {
  const RankedPlan plan{.images = 1, .dtype = DType::f32};
  SingleRank alone;
  const RankedSteps whole = ranked_steps(alone, plan);
  const auto two =
      on_emulated_gpus<RankedSteps>(2, [&](Communicator& ranks, const Context& context) {
        return ranked_steps(ranks, plan, context);
      });
  CHECK(std::abs(two[0].losses[0] - whole.losses[0]) < 1e-6);
  CHECK(difference(whole, two[1]) < kFloatGradients);
  CHECK(same_bits(two[0].values, two[1].values));
}

}  // namespace
}  // namespace fpanet::test
