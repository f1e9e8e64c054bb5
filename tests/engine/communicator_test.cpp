#include "engine/distributed/communicator.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/distributed/thread_ranks.hpp"

namespace fpanet {
namespace {

double value_of(int rank, std::size_t i) {
  return std::sin(static_cast<double>(rank * 100) + static_cast<double>(i)) * 1e3;
}

TEST_CASE("ranks: parts follow one another and differ by at most one") {
  for (const std::int64_t count : {0, 1, 2, 7, 8, 9}) {
    for (const int size : {1, 2, 3, 4}) {
      std::int64_t next = 0, least = count, most = 0;
      for (int rank = 0; rank < size; ++rank) {
        const RankPart part = rank_part(count, rank, size);
        CHECK(part.first == next);
        next += part.count;
        least = std::min(least, part.count);
        most = std::max(most, part.count);
      }
      CHECK(next == count);
      CHECK(most - least <= 1);
    }
  }
}

TEST_CASE("ranks: sums are those of the values in the order of ranks, to the bit") {
  for (const int size : {1, 2, 3, 5}) {
    for (const std::size_t count : {std::size_t{1}, std::size_t{4}, std::size_t{1001}}) {
      std::vector<std::vector<double>> sums(static_cast<std::size_t>(size));
      std::vector<std::vector<float>> singles(sums.size());
      run_thread_ranks(size, [&](Communicator& ranks) {
        std::vector<double> values(count);
        std::vector<float> small(count);
        for (std::size_t i = 0; i < count; ++i) {
          values[i] = value_of(ranks.rank(), i);
          small[i] = static_cast<float>(values[i]);
        }
        ranks.all_reduce(values);
        ranks.all_reduce(small);
        sums[static_cast<std::size_t>(ranks.rank())] = values;
        singles[static_cast<std::size_t>(ranks.rank())] = small;
      });
      for (std::size_t i = 0; i < count; ++i) {
        double total = value_of(0, i);
        float single = static_cast<float>(value_of(0, i));
        for (int rank = 1; rank < size; ++rank) {
          total += value_of(rank, i);
          single += static_cast<float>(value_of(rank, i));
        }
        for (std::size_t rank = 0; rank < sums.size(); ++rank) {
          REQUIRE(sums[rank][i] == total);
          REQUIRE(singles[rank][i] == single);
        }
      }
    }
  }
}

TEST_CASE("ranks: values are gathered in the order of ranks, and one rank's are given to all") {
  run_thread_ranks(3, [](Communicator& ranks) {
    const std::array<std::int64_t, 2> mine = {ranks.rank(), 10 * ranks.rank()};
    std::array<std::int64_t, 6> all = {};
    ranks.all_gather(std::as_bytes(std::span(mine)), std::as_writable_bytes(std::span(all)));
    std::int64_t count = 1 + ranks.rank();
    ranks.all_reduce(std::span(&count, 1));
    std::array<float, 2> given = {static_cast<float>(ranks.rank()), 7};
    ranks.broadcast(std::as_writable_bytes(std::span(given)), 2);
    ranks.barrier();
    require(all == std::array<std::int64_t, 6>{0, 0, 1, 10, 2, 20}, "gathered");
    require(count == 6, "counted");
    require(given == std::array<float, 2>{2, 7}, "given");
  });
}

TEST_CASE("ranks: one that throws ends the others, and its exception is the one that is seen") {
  std::array<int, 3> ended = {};
  const auto body = [&](Communicator& ranks) {
    std::vector<double> values(10);
    ranks.all_reduce(values);
    if (ranks.rank() == 1) fail("the scene is unreadable");
    try {
      for (int i = 0; i < 2; ++i) ranks.all_reduce(values);
    } catch (const Error& error) {
      if (std::string(error.what()) == "rank 1 has ended with an error") {
        ended[static_cast<std::size_t>(ranks.rank())] = 1;
      }
      throw;
    }
  };
  CHECK_THROWS_WITH_AS(run_thread_ranks(3, body), "the scene is unreadable", Error);
  CHECK(ended == std::array<int, 3>{1, 0, 1});
}

TEST_CASE("ranks: sums in the background are those of a call, whatever the ranks do meanwhile") {
  constexpr int kRanks = 3;
  run_thread_ranks(kRanks, [](Communicator& ranks) {
    std::vector<Tensor> begun;
    for (int round = 0; round < 2; ++round) {
      begun.clear();
      for (int k = 0; k < 20; ++k) {
        const DType dtype = k % 2 == 0 ? DType::f32 : DType::f64;
        begun.push_back(Tensor::zeros({1000 * k + 1}, DType::f64).cast(dtype));
        std::vector<double> values(static_cast<std::size_t>(begun.back().numel()));
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = value_of(ranks.rank(), i);
        if (dtype == DType::f64) std::ranges::copy(values, begun.back().span<double>().begin());
        if (dtype == DType::f32) std::ranges::copy(values, begun.back().span<float>().begin());
        ranks.begin_sum(begun.back());
        std::int64_t one = 1;
        ranks.all_reduce(std::span(&one, 1));
        require(one == ranks.size(), "counted {} of {} ranks", one, ranks.size());
      }
      ranks.finish_sums();
      for (const Tensor& sums : begun) {
        const Tensor wide = sums.cast(DType::f64);
        for (std::size_t i = 0; i < wide.span<double>().size(); ++i) {
          double total = value_of(0, i);
          float single = static_cast<float>(total);
          for (int rank = 1; rank < ranks.size(); ++rank) {
            total += value_of(rank, i);
            single += static_cast<float>(value_of(rank, i));
          }
          const double expected = sums.dtype() == DType::f64 ? total : static_cast<double>(single);
          require(wide.span<double>()[i] == expected, "sum {} of {}", i, sums.shape());
        }
      }
    }
  });
}

TEST_CASE("ranks: one that throws ends the others' background sums") {
  bool told = false;
  const auto body = [&](Communicator& ranks) {
    const Tensor values = Tensor::zeros({10}, DType::f64);
    if (ranks.rank() == 1) {
      ranks.barrier();
      fail("the scene is unreadable");
    }
    ranks.begin_sum(values);
    ranks.barrier();
    try {
      ranks.finish_sums();
    } catch (const Error& error) {
      told = std::string(error.what()) == "rank 1 has ended with an error";
      throw;
    }
  };
  CHECK_THROWS_WITH_AS(run_thread_ranks(2, body), "the scene is unreadable", Error);
  CHECK(told);
}

TEST_CASE("ranks: buffers of different sizes are refused") {
  CHECK_THROWS_AS(run_thread_ranks(2,
                                   [](Communicator& ranks) {
                                     std::vector<double> values(ranks.rank() == 0 ? 3 : 4);
                                     ranks.all_reduce(values);
                                   }),
                  Error);
}

}  // namespace
}  // namespace fpanet
