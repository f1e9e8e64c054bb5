#pragma once
// Training steps of a small network, computed by ranks that share each batch.

#include <algorithm>
#include <string>
#include <vector>

#include "engine/distributed/communicator.hpp"
#include "layers/rank_reduction.hpp"
#include "models/fpanet.hpp"
#include "models/program.hpp"
#include "tests/support/formula.hpp"

namespace fpanet::test {

/// What steps leave behind on one rank.
struct RankedSteps {
  std::vector<double> losses;  ///< of each step
  std::vector<std::string> names;
  std::vector<std::vector<double>> gradients;  ///< of the last step
  Tensor values;
  std::vector<double> statistics;  ///< the running means and variances
};

struct RankedPlan {
  bool sync = true;
  Index images = 4;  ///< of the whole batch
  Index side = 64;
  int steps = 1;
  /// Micro-batches of `images` each, and then one of `last_images`, make a step.
  Index micro_batches = 1, last_images = 0;
  double lr = 1e-4;
  GradientBuckets::Options buckets = {};
  DType dtype = DType::f64;
};

/// Computes this rank's parts: as parts of the whole batch (`sync`), or as batches of its own whose
/// gradients are averaged.
inline RankedSteps ranked_steps(Communicator& ranks, const RankedPlan& plan,
                                const Context& context = Cpu{1}) {
  const Cuda* const cuda = std::get_if<Cuda>(&context);
  const Device device = cuda != nullptr ? Device::cuda(cuda->index) : Device::cpu();
  ParameterStore store;
  const FPANet model(store, {.encoder_name = "resnet18"});
  store.allocate(plan.dtype, device, true);
  fill_with_formula(store);
  AdamWState optimizer(store, plan.lr);
  const Index total = std::max(plan.images, plan.last_images);
  const Tensor images = formula_tensor("ddp_input", {total, 3, plan.side, plan.side}, plan.dtype);
  const Tensor labels = formula_labels("ddp_labels", {total, 1, plan.side, plan.side}, 6);
  Arena arena(device);
  std::vector<std::unique_ptr<Program>> programs;
  std::vector<double> losses;
  for (int step = 0; step < plan.steps; ++step) {
    for (Index micro = 0; micro < plan.micro_batches; ++micro) {
      const bool is_last = micro + 1 == plan.micro_batches;
      const Index whole = is_last && plan.last_images > 0 ? plan.last_images : plan.images;
      const RankPart part = rank_part(whole, ranks.rank(), ranks.size());
      const bool stands_in = part.count == 0;
      ProgramOptions options{.kind = ProgramKind::train,
                             .batch = std::max<Index>(part.count, 1),
                             .height = plan.side,
                             .width = plan.side,
                             .image_dtype = plan.dtype,
                             .objective = {.ignore_index = -1}};
      if (ranks.size() > 1) {
        options.ranked = {
            .ranks = &ranks,
            .share = plan.sync ? 1.0 : static_cast<double>(part.count) / static_cast<double>(whole),
            .buckets = plan.buckets};
        if (plan.sync) options.reduction = std::make_shared<RankReduction>(ranks, whole);
      }
      if (plan.micro_batches > 1) {
        options.micro_batch = micro == 0 ? MicroBatch::first
                              : is_last  ? MicroBatch::last
                                         : MicroBatch::middle;
      }
      programs.push_back(std::make_unique<Program>(context, model, &optimizer, store, options));
      Program& program = *programs.back();
      program.bind(arena);
      const Index first = stands_in ? 0 : part.first;
      program.images().copy_from(images.slice(first, options.batch));
      Tensor own = labels.slice(first, options.batch).clone();
      if (stands_in) std::ranges::fill(own.span<std::int32_t>(), -1);
      program.labels().copy_from(own);
      if (plan.micro_batches > 1) program.set_micro_batch(micro, plan.micro_batches);
      program.run();
      if (is_last) losses.push_back(program.loss());
    }
  }
  RankedSteps result{.losses = losses,
                     .names = {},
                     .gradients = {},
                     .values = store.values().to(Device::cpu()).clone(),
                     .statistics = {}};
  for (std::size_t i = 0; i < store.entries().size(); ++i) {
    if (store.entries()[i].kind == EntryKind::buffer) {
      const Tensor wide = store.value(i).to(Device::cpu()).cast(DType::f64);
      const auto values = wide.span<double>();
      result.statistics.insert(result.statistics.end(), values.begin(), values.end());
    }
    if (store.entries()[i].kind != EntryKind::parameter) continue;
    const Tensor wide = store.slot(i, store.gradients()).to(Device::cpu()).cast(DType::f64);
    const auto gradient = wide.span<double>();
    result.names.push_back(store.entries()[i].name);
    result.gradients.emplace_back(gradient.begin(), gradient.end());
  }
  return result;
}

}  // namespace fpanet::test
