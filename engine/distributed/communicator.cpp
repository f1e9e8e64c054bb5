#include "engine/distributed/communicator.hpp"

#include <algorithm>

#include "engine/core/error.hpp"

namespace fpanet {

void SingleRank::all_gather(std::span<const std::byte> mine, std::span<std::byte> all) {
  std::ranges::copy(mine, all.begin());
}

void check_gathered(std::span<const std::byte> mine, std::span<const std::byte> all, int size) {
  require(all.size() == mine.size() * static_cast<std::size_t>(size),
          "all_gather: {} bytes of each of {} ranks do not fit in {}", mine.size(), size,
          all.size());
}

RankPart rank_part(std::int64_t count, int rank, int size) {
  const std::int64_t least = count / size, longer = count % size;
  return {rank * least + std::min<std::int64_t>(rank, longer), least + (rank < longer ? 1 : 0)};
}

}  // namespace fpanet
