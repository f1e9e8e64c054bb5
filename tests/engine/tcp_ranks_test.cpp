#include "engine/distributed/tcp_ranks.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/distributed/socket.hpp"
#include "engine/distributed/thread_ranks.hpp"

namespace fpanet {
namespace {

/// A port of this machine that nobody listens at.
MeetingPlace free_place() {
  return {"localhost", Socket::listen_at(0).port()};
}

/// Calls body(communicator) on threads that TCP connects; returns the message with which each ended.
std::vector<std::string> run_tcp_ranks(int size, const std::function<void(Communicator&)>& body) {
  const MeetingPlace place = free_place();
  std::vector<std::string> messages(static_cast<std::size_t>(size));
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < size; ++rank) {
      threads.emplace_back([&, rank] {
        try {
          const auto ranks = connect_tcp_ranks(rank, size, place, std::chrono::seconds(60));
          body(*ranks);
        } catch (const Error& error) {
          messages[static_cast<std::size_t>(rank)] = error.what();
        }
      });
    }
  }
  return messages;
}

/// What collective functions leave on a rank.
struct Collected {
  std::vector<float> floats;
  std::vector<double> doubles;
  std::vector<std::int64_t> gathered;
  std::int64_t given = 0;
};

Collected collect(Communicator& ranks) {
  constexpr std::size_t kCount = (std::size_t{1} << 20) + 4097;  // more than one piece
  Collected result;
  for (std::size_t i = 0; i < kCount; ++i) {
    const double value = std::sin(static_cast<double>(i) + 100.0 * ranks.rank()) * 1e3;
    result.floats.push_back(static_cast<float>(value));
    if (i < 1000) result.doubles.push_back(value);
  }
  const Tensor begun = Tensor::empty({static_cast<Index>(kCount)}, DType::f32);
  std::ranges::copy(result.floats, begun.span<float>().begin());
  ranks.begin_sum(begun);
  ranks.all_reduce(result.doubles);
  const std::int64_t mine[] = {ranks.rank(), 7 * ranks.rank()};
  result.gathered.resize(2 * static_cast<std::size_t>(ranks.size()));
  ranks.all_gather(std::as_bytes(std::span(mine)),
                   std::as_writable_bytes(std::span(result.gathered)));
  result.given = 5 + ranks.rank();
  ranks.broadcast(std::as_writable_bytes(std::span(&result.given, 1)), ranks.size() - 1);
  ranks.broadcast(std::as_writable_bytes(std::span(&result.given, 1)), 0);
  ranks.all_reduce(std::span(&result.given, 1));
  ranks.barrier();
  ranks.all_reduce(result.floats);
  ranks.finish_sums();
  require(std::memcmp(begun.raw(), result.floats.data(), begun.bytes()) == 0,
          "a sum in the background has other bits");
  return result;
}

template <class T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

TEST_CASE("tcp: sums, gathering and broadcast are those of threads, to the bit") {
  for (const int size : {2, 3}) {
    CAPTURE(size);
    std::vector<Collected> expected(static_cast<std::size_t>(size)), ours(expected.size());
    run_thread_ranks(size, [&](Communicator& ranks) {
      expected[static_cast<std::size_t>(ranks.rank())] = collect(ranks);
    });
    const auto messages = run_tcp_ranks(size, [&](Communicator& ranks) {
      ours[static_cast<std::size_t>(ranks.rank())] = collect(ranks);
    });
    for (std::size_t rank = 0; rank < ours.size(); ++rank) {
      CHECK(messages[rank].empty());
      CHECK(same_bytes(ours[rank].floats, expected[rank].floats));
      CHECK(same_bytes(ours[rank].doubles, expected[rank].doubles));
      CHECK(ours[rank].gathered == expected[rank].gathered);
      CHECK(ours[rank].given == expected[rank].given);
    }
  }
}

TEST_CASE("tcp: a rank that ends ends the others, which say which") {
  const auto messages = run_tcp_ranks(3, [](Communicator& ranks) {
    ranks.barrier();
    CHECK_FALSE(ranks.ended_rank());
    ranks.barrier();
    if (ranks.rank() == 2) return;
    std::vector<double> values(10);
    ranks.all_reduce(values);
  });
  CHECK(messages == std::vector<std::string>{"rank 2 has ended", "rank 2 has ended", ""});
  run_tcp_ranks(2, [](Communicator& ranks) {
    ranks.barrier();
    if (ranks.rank() == 1) return;
    while (!ranks.ended_rank()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(ranks.ended_rank() == 1);
  });
}

TEST_CASE("tcp: ranks that call different functions are told so") {
  const auto messages = run_tcp_ranks(2, [](Communicator& ranks) {
    std::vector<double> values(3);
    if (ranks.rank() == 0) ranks.all_reduce(values);
    if (ranks.rank() == 1) ranks.barrier();
  });
  CHECK(messages[0] == "rank 1 calls barrier with 0 bytes, where rank 0 calls all_reduce with 24");
  CHECK(messages[1] == "rank 0 has ended");
}

TEST_CASE("tcp: ranks that do not come are named, and strangers are let go") {
  const MeetingPlace place = free_place();
  const auto message = [&](int rank, int size) -> std::string {
    try {
      connect_tcp_ranks(rank, size, place, std::chrono::seconds(1));
    } catch (const Error& error) {
      return error.what();
    }
    return "connected";
  };
  const auto at = [&](const char* text) { return fmt::format(fmt::runtime(text), place.port); };
  CHECK(message(1, 2) == at("rank 1 of 2 cannot reach rank 0 at localhost, port {}"));
  std::jthread stranger([&] {
    for (int i = 0; i < 100; ++i) {
      const Socket socket = Socket::connect_to("localhost", place.port);
      if (socket.is_open()) {
        const std::vector<std::byte> request(100);
        socket.send(request);
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  CHECK(message(0, 3) == at("of 3 ranks, these have not come to port {}: 1, 2"));
  std::string other;
  {
    std::jthread one([&] { other = message(1, 3); });
    CHECK(message(0, 2) == "rank 1 was told of 3 ranks, and rank 0 of 2");
  }
  CHECK(other == at("rank 1: rank 0 at localhost, port {}, has ended or is another program"));
}

TEST_CASE(
    "tcp: a rank that was refused says so at once, and does not wait for a second connection") {
  const MeetingPlace place = free_place();
  std::jthread refusing([&] {
    const Socket door = Socket::listen_at(place.port);
    const Socket peer = door.accept();
  });
  const auto begin = std::chrono::steady_clock::now();
  constexpr auto kPatience = std::chrono::seconds(60);
  CHECK_THROWS_WITH_AS(
      connect_tcp_ranks(1, 2, place, kPatience),
      fmt::format("rank 1: rank 0 at localhost, port {}, has ended or is another program",
                  place.port)
          .c_str(),
      Error);
  CHECK(std::chrono::steady_clock::now() - begin < kPatience / 2);
}

}  // namespace
}  // namespace fpanet
