// Ranks, as threads, that share the batches of a loader and agree on what they do.

#include <doctest/doctest.h>

#include "apps/cli/exit_codes.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/training/evaluator.hpp"
#include "apps/training/rank_parts.hpp"
#include "apps/training/ranked_run.hpp"
#include "apps/training/together.hpp"
#include "apps/training/train_config.hpp"
#include "data/dataset.hpp"
#include "engine/core/cuda_device.hpp"
#include "engine/core/error.hpp"
#include "engine/distributed/thread_ranks.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {
namespace {

using test::contains;
using test::message_of;

constexpr Index kSharedScenes = 5, kSharedSide = 32;

std::shared_ptr<SceneStore> shared_scenes() {
  return std::make_shared<SceneStore>(
      std::make_shared<SyntheticDataset>(kSharedScenes, ImageSize{kSharedSide, kSharedSide}, 1));
}

/// The message with which every rank ends; each must end with `exit_code`.
template <class Body>
std::string shared_message(int size, int exit_code, const Body& body) {
  std::vector<std::string> messages(static_cast<std::size_t>(size));
  run_thread_ranks(size, [&](Communicator& ranks) {
    try {
      body(ranks);
    } catch (const SharedFailure& failure) {
      CHECK(failure.exit_code() == exit_code);
      messages[static_cast<std::size_t>(ranks.rank())] = failure.what();
    }
  });
  for (const std::string& message : messages) CHECK(message == messages[0]);
  return messages[0];
}

TEST_CASE("what fails on one rank ends all, with a message that says which") {
  const std::string one = shared_message(3, kExitUsage, [](Communicator& ranks) {
    together(ranks, [&] {
      if (ranks.rank() == 1) usage_fail("--lr x: no number");
    });
  });
  CHECK(one == "rank 1: --lr x: no number");
  const std::string all = shared_message(3, kExitFailed, [](Communicator& ranks) {
    together(ranks, [&] { fail("a.png: missing{}", ranks.rank() == 2 ? " here" : ""); });
  });
  CHECK(all == "a.png: missing\nrank 2: a.png: missing here");
  SingleRank alone;
  CHECK_THROWS_AS(together(alone, [] { usage_fail("as it is"); }), UsageError);
}

TEST_CASE("ranks that were told different things say what differs") {
  const auto compared = [](const std::vector<NamedValue>& first,
                           const std::vector<NamedValue>& other) {
    return shared_message(2, kExitUsage, [&](Communicator& ranks) {
      require_same(ranks, "settings", ranks.rank() == 0 ? first : other);
    });
  };
  CHECK(compared({{"lr", "0.1"}, {"seed", "1"}}, {{"lr", "0.1"}, {"seed", "1"}}).empty());
  CHECK(compared({{"lr", "0.1"}, {"seed", "1"}}, {{"lr", "0.2"}, {"seed", "1"}}) ==
        "rank 1: the settings of the ranks differ: rank 1 has lr = 0.2, but rank 0 has 0.1");
  CHECK(contains(compared({{"a", "1"}}, {{"a", "1"}, {"b", ""}}),
                 "rank 1 has b = , but rank 0 has no b"));
  CHECK(contains(compared({{"a", "1"}, {"b", "2"}}, {{"a", "1"}}),
                 "rank 0 has b = 2, but rank 1 has no b"));
  CHECK(contains(compared({{"a", "1"}, {"b", "2"}}, {{"b", "2"}, {"a", "1"}}),
                 "rank 1 has them in another order"));
}

TEST_CASE("ranks that cannot share the batches are refused by flag") {
  const auto message = [](TrainConfig config, int ranks) {
    return message_of<UsageError>([&] { check_ranks(config, ranks); });
  };
  CHECK(message({.data = "", .batch_size = 3}, 3).empty());
  CHECK(message({.data = "", .batch_size = 2}, 3) ==
        "--batch-size 2: 3 ranks share each batch: expected at least 3");
  CHECK(message({.data = "", .batch_size = 4, .sync = false}, 2).empty());
  CHECK(contains(message({.data = "", .batch_size = 5, .sync = false}, 2),
                 "expected a multiple of 2"));
  TrainConfig lovasz;
  lovasz.objective.loss = "0.5*dice+lovasz";
  CHECK(message(lovasz, 1).empty());
  CHECK(contains(message(lovasz, 2), "lovasz is no function of sums over a batch"));
  lovasz.sync = false;
  CHECK(message(lovasz, 2).empty());
}

TEST_CASE("the device of a rank is its local rank's GPU, or the CPU for all") {
  SingleRank alone;
  CHECK(device_of_rank({.ranks = alone}, "cuda:1", "fp32") == "cuda:1");
  run_thread_ranks(2, [](Communicator& ranks) {
    const RankedCall call{.ranks = ranks, .launch = {.local_rank = ranks.rank()}};
    const auto message = [&](const std::string& device) {
      return message_of<SharedFailure>([&] { device_of_rank(call, device, "fp32"); });
    };
    CHECK(device_of_rank(call, "cpu", "fp32") == "cpu");
    CHECK(device_of_rank(call, "auto", "fp64") == "cpu");
    CHECK(message("cuda:1") ==
          "--device cuda:1: the local rank of each of 2 ranks chooses its GPU: say cuda, or cpu");
    if (cuda_support().built) return;
    CHECK(device_of_rank(call, "auto", "fp32") == "cpu");
    CHECK(contains(message("cuda"), "need NCCL, which this build does not use: install it"));
    connect_gpus(call, {.context = Cpu{1}});  // which have none
    CHECK(ranks.gpus() == nullptr);
  });
}

TEST_CASE("threads: a rank takes its share of the processors, unless it is told a number") {
  CHECK(threads_of_rank({.local_size = 4}, 3) == 3);
  CHECK(threads_of_rank({}, 0) == 0);
  if (std::getenv("OMP_NUM_THREADS") == nullptr) {
    CHECK(threads_of_rank({.size = 1000, .local_size = 1000}, 0) == 1);
  }
}

TEST_CASE("parts of a batch are together the batch of one process, drawn for each scene alike") {
  const auto store = shared_scenes();
  const auto batches_of = [&](int rank, int ranks) {
    Loader loader(store, {4, 0, 3, 1, 2},
                  {.batch_size = 3,
                   .shuffle = true,
                   .augment = Augment::strong,
                   .rank = rank,
                   .ranks = ranks});
    loader.start(7);
    std::vector<Batch> batches;
    while (auto batch = loader.next()) batches.push_back(std::move(*batch));
    return batches;
  };
  const std::vector<Batch> whole = batches_of(0, 1);
  REQUIRE(whole.size() == 2);
  for (const int ranks : {2, 3}) {
    CAPTURE(ranks);
    std::vector<Index> next(whole.size());
    for (int rank = 0; rank < ranks; ++rank) {
      const std::vector<Batch> parts = batches_of(rank, ranks);
      REQUIRE(parts.size() == whole.size());
      for (std::size_t b = 0; b < parts.size(); ++b) {
        const Batch& part = parts[b];
        CHECK(part.whole == whole[b].size());
        if (part.stands_in) {
          CHECK(rank == 2);
          CHECK(b == 1);
          CHECK(std::ranges::all_of(part.labels.span<std::int32_t>(),
                                    [](std::int32_t label) { return label == kIgnoreLabel; }));
          continue;
        }
        const Tensor images = whole[b].images.slice(next[b], part.size());
        const Tensor labels = whole[b].labels.slice(next[b], part.size());
        CHECK(std::ranges::equal(part.images.span<std::uint8_t>(), images.span<std::uint8_t>()));
        CHECK(std::ranges::equal(part.labels.span<std::int32_t>(), labels.span<std::int32_t>()));
        next[b] += part.size();
      }
    }
    for (std::size_t b = 0; b < whole.size(); ++b) CHECK(next[b] == whole[b].size());
  }
}

/// The tally of five scenes in batches of two, by ranks.
Tally shared_tally(Communicator& ranks, const std::string& loss) {
  ModelSession session({.context = Cpu{1}, .dtype = DType::f64},
                       {.options = {{"encoder", "resnet18"}}}, std::nullopt);
  session.store().initialize(1);
  session.set_ranks(ranks);
  session.set_objective({.terms = {{.loss = loss}}, .ignore_index = kIgnoreLabel});
  Loader loader(shared_scenes(), {0, 1, 2, 3, 4},
                {.batch_size = 2, .rank = ranks.rank(), .ranks = ranks.size()});
  return evaluate(session, loader);
}

TEST_CASE("five scenes on two and three ranks are counted once, with one process's metrics") {
  for (const std::string loss : {"dice", "ce", "lovasz"}) {
    SingleRank alone;
    const Tally whole = shared_tally(alone, loss);
    REQUIRE(whole.images() == kSharedScenes);
    for (const int size : {2, 3}) {
      CAPTURE(size);
      run_thread_ranks(size, [&](Communicator& ranks) {
        const Tally tally = shared_tally(ranks, loss);
        CHECK(tally.images() == kSharedScenes);
        for (Index target = 0; target < 7; ++target) {
          for (Index label = 0; label < 7; ++label) {
            CHECK(tally.confusion().at(target, label) == whole.confusion().at(target, label));
          }
        }
        CHECK(tally.metrics().f1.value() == whole.metrics().f1.value());
        if (loss == "lovasz") return;  // the mean over parts is another number
        CHECK(std::abs(tally.metrics().loss.value() - whole.metrics().loss.value()) < 1e-12);
      });
    }
  }
}

TEST_CASE("a rank with other weights ends all ranks") {
  const auto compared = [](bool differ, bool shared) {
    return shared_message(3, kExitFailed, [&](Communicator& ranks) {
      ModelSession session({.context = Cpu{1}}, {.options = {{"encoder", "resnet18"}}},
                           std::nullopt);
      session.store().initialize(1);
      session.set_ranks(ranks);
      if (differ && ranks.rank() == 1) session.store().values().span<float>()[5] += 1e-6F;
      if (shared) share_weights(session);
      require_equal_weights(session, "after epoch 3");
    });
  };
  CHECK(compared(false, false).empty());
  CHECK(contains(compared(true, false),
                 "the weights of rank 1 are not those of rank 0 after epoch 3"));
  CHECK(compared(true, true).empty());
}

}  // namespace
}  // namespace fpanet
