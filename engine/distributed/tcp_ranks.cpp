#include "engine/distributed/tcp_ranks.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <thread>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/distributed/background_sums.hpp"
#include "engine/distributed/socket.hpp"

namespace fpanet {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kMagic = 0x736b6e6172617066;  // "fparanks"
constexpr int kChannels = 2;                          // calls, and background sums

/// What a rank says when it connects.
struct Greeting {
  std::uint64_t magic = kMagic;
  std::int32_t rank = 0, size = 0, channel = 0, padding = 0;
};

enum class Call : std::int32_t { sum, gather, broadcast, barrier, ended };

const char* name_of(Call call) {
  switch (call) {
    case Call::sum:
      return "all_reduce";
    case Call::gather:
      return "all_gather";
    case Call::broadcast:
      return "broadcast";
    case Call::barrier:
      return "barrier";
    case Call::ended:
      return "the end";
  }
  return "?";
}

/// Before the values of each call: what is called, by which rank, and how many bytes follow.
struct Header {
  Call call = Call::barrier;
  std::int32_t rank = 0;
  std::uint64_t bytes = 0;
};

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}
template <class T>
std::span<std::byte> writable(T& value) {
  return std::as_writable_bytes(std::span(&value, 1));
}

/// The collective functions on one connection of each rank to rank 0.
class TcpChannel : public Communicator {
 public:
  /// `peers` has a connection for each rank on rank 0, and on the others the one to rank 0 as its first.
  TcpChannel(int rank, int size, std::vector<Socket> peers)
      : rank_(rank), size_(size), peers_(std::move(peers)) {}

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void all_reduce(std::span<double> values) override { sum(values); }
  void all_reduce(std::span<float> values) override { sum(values); }
  void all_reduce(std::span<std::int64_t> values) override { sum(values); }
  void begin_sum(const Tensor& values) override { fpanet::all_reduce(*this, values); }
  void finish_sums() override {}

  void all_gather(std::span<const std::byte> mine, std::span<std::byte> all) override {
    check_gathered(mine, all, size_);
    if (rank_ != 0) {
      send(0, Call::gather, mine);
      receive(0, Call::gather, all);
      return;
    }
    std::ranges::copy(mine, all.begin());
    for (int from = 1; from < size_; ++from) {
      receive(from, Call::gather,
              all.subspan(mine.size() * static_cast<std::size_t>(from), mine.size()));
    }
    send_to_all(Call::gather, all);
  }
  void broadcast(std::span<std::byte> values, int root) override {
    if (rank_ == 0) {
      if (root != 0) receive(root, Call::broadcast, values);
      send_to_all(Call::broadcast, values);
      return;
    }
    if (rank_ == root) send(0, Call::broadcast, values);
    receive(0, Call::broadcast, values);
  }
  void barrier() override {
    if (rank_ != 0) {
      send(0, Call::barrier, {});
      receive(0, Call::barrier, {});
      return;
    }
    for (int from = 1; from < size_; ++from) receive(from, Call::barrier, {});
    send_to_all(Call::barrier, {});
  }
  std::optional<int> ended_rank() const override {
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      if (peers_[i].is_open() && peers_[i].has_ended()) return static_cast<int>(i);
    }
    return std::nullopt;
  }

 private:
  const Socket& peer(int rank) const { return peers_[static_cast<std::size_t>(rank)]; }

  void send(int to, Call call, std::span<const std::byte> values) {
    const Header header{.call = call, .rank = rank_, .bytes = values.size()};
    if (!peer(to).send(bytes_of(header)) || !peer(to).send(values)) end(to);
  }
  void send_to_all(Call call, std::span<const std::byte> values) {
    for (int to = 1; to < size_; ++to) send(to, call, values);
  }
  void receive(int from, Call call, std::span<std::byte> values) {
    Header header;
    if (!peer(from).receive(writable(header))) end(from);
    if (header.call == Call::ended) end(header.rank);
    if (header.call != call || header.bytes != values.size()) {
      tell_others(rank_);
      fail("rank {} calls {} with {} bytes, where rank {} calls {} with {}", from,
           name_of(header.call), header.bytes, rank_, name_of(call), values.size());
    }
    if (!peer(from).receive(values)) end(from);
  }

  /// Rank 0 says which rank has ended, for the others see it end only.
  void tell_others(int ended) const {
    if (rank_ != 0) return;
    const Header header{.call = Call::ended, .rank = ended, .bytes = 0};
    for (int to = 1; to < size_; ++to) peer(to).send(bytes_of(header));
  }
  [[noreturn]] void end(int ended) {
    tell_others(ended);
    fail("rank {} has ended", ended);
  }

  template <class T>
  void sum(std::span<T> values) {
    constexpr std::size_t kMost = std::size_t{1} << 20;  // bounds the memory for what is received
    for (std::size_t begin = 0; begin < values.size(); begin += kMost) {
      sum_piece(values.subspan(begin, std::min(kMost, values.size() - begin)));
    }
  }

  /// Rank 0 adds up the values in the order of ranks.
  template <class T>
  void sum_piece(std::span<T> values) {
    if (rank_ != 0) {
      send(0, Call::sum, std::as_bytes(values));
      receive(0, Call::sum, std::as_writable_bytes(values));
      return;
    }
    received_.resize(values.size_bytes());
    for (int from = 1; from < size_; ++from) {
      receive(from, Call::sum, received_);
      const T* const other = reinterpret_cast<const T*>(received_.data());
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += other[i];
    }
    send_to_all(Call::sum, std::as_bytes(values));
  }

  int rank_, size_;
  std::vector<Socket> peers_;
  std::vector<std::byte> received_;
};

/// The connections of a rank: one set for calls, and one for background sums.
class TcpRanks final : public TcpChannel {
 public:
  TcpRanks(int rank, int size, std::array<std::vector<Socket>, kChannels> peers)
      : TcpChannel(rank, size, std::move(peers[0])),
        background_(std::make_unique<TcpChannel>(rank, size, std::move(peers[1]))) {}

  void begin_sum(const Tensor& values) override { background_.begin(values); }
  void finish_sums() override { background_.finish(); }

 private:
  BackgroundSums background_;
};

std::chrono::milliseconds until(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

/// Rank 0: takes the connections of all others. What connects without our greeting is let go.
std::array<std::vector<Socket>, kChannels> accept_all(int size, const MeetingPlace& place,
                                                      Clock::time_point end) {
  const Socket door = Socket::listen_at(place.port);
  std::array<std::vector<Socket>, kChannels> peers;
  for (std::vector<Socket>& of_channel : peers) of_channel.resize(static_cast<std::size_t>(size));
  int missing = kChannels * (size - 1);
  while (missing > 0) {
    if (!door.readable(until(end))) {
      std::vector<std::string> names;
      for (int rank = 1; rank < size; ++rank) {
        if (!peers[0][static_cast<std::size_t>(rank)].is_open())
          names.push_back(std::to_string(rank));
      }
      fail("of {} ranks, these have not come to port {}: {}", size, place.port, join(names, ", "));
    }
    Socket peer = door.accept();
    constexpr auto kGreetingTime = std::chrono::seconds(10);
    Greeting greeting;
    if (!peer.is_open() || !peer.readable(kGreetingTime) || !peer.receive(writable(greeting)) ||
        greeting.magic != kMagic) {
      continue;
    }
    require(greeting.size == size, "rank {} was told of {} ranks, and rank 0 of {}", greeting.rank,
            greeting.size, size);
    require(greeting.rank >= 1 && greeting.rank < size && greeting.channel >= 0 &&
                greeting.channel < kChannels,
            "rank {} of {} came to port {} of rank 0", greeting.rank, size, place.port);
    Socket& slot =
        peers[static_cast<std::size_t>(greeting.channel)][static_cast<std::size_t>(greeting.rank)];
    require(!slot.is_open(), "two processes are rank {} of {}", greeting.rank, size);
    slot = std::move(peer);
    --missing;
  }
  for (const std::vector<Socket>& of_channel : peers) {
    for (const Socket& peer : of_channel) {
      if (peer.is_open()) peer.send(bytes_of(kMagic));
    }
  }
  return peers;
}

[[noreturn]] void fail_without_rank_0(int rank, const MeetingPlace& place) {
  fail("rank {}: rank 0 at {}, port {}, has ended or is another program", rank, place.host,
       place.port);
}

/// Another rank: connects as soon as rank 0 is there. `earlier` is a connection to it, if there is one:
/// rank 0 may have refused this rank, and is then waited for in vain.
Socket reach(const Greeting& greeting, const Socket* earlier, const MeetingPlace& place,
             Clock::time_point end) {
  constexpr auto kPause = std::chrono::milliseconds(50);
  while (true) {
    Socket socket = Socket::connect_to(place.host, place.port);
    if (socket.is_open() && socket.send(bytes_of(greeting))) return socket;
    if (earlier != nullptr && earlier->has_ended()) fail_without_rank_0(greeting.rank, place);
    require(Clock::now() < end, "rank {} of {} cannot reach rank 0 at {}, port {}", greeting.rank,
            greeting.size, place.host, place.port);
    std::this_thread::sleep_for(kPause);
  }
}

std::array<std::vector<Socket>, kChannels> join_rank_0(int rank, int size,
                                                       const MeetingPlace& place,
                                                       Clock::time_point end) {
  std::array<std::vector<Socket>, kChannels> peers;
  const Socket* earlier = nullptr;
  for (int channel = 0; channel < kChannels; ++channel) {
    const Greeting greeting{.rank = rank, .size = size, .channel = channel};
    std::vector<Socket>& of_channel = peers[static_cast<std::size_t>(channel)];
    of_channel.push_back(reach(greeting, earlier, place, end));
    earlier = &of_channel.front();
  }
  for (const std::vector<Socket>& peer : peers) {
    std::uint64_t magic = 0;
    const bool answered = peer[0].readable(until(end)) && peer[0].receive(writable(magic));
    if (!answered || magic != kMagic) fail_without_rank_0(rank, place);
  }
  return peers;
}

}  // namespace

std::unique_ptr<Communicator> connect_tcp_ranks(int rank, int size, const MeetingPlace& place,
                                                std::chrono::seconds patience) {
  const Clock::time_point end = Clock::now() + patience;
  return std::make_unique<TcpRanks>(
      rank, size, rank == 0 ? accept_all(size, place, end) : join_rank_0(rank, size, place, end));
}

}  // namespace fpanet
