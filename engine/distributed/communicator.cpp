#include "engine/distributed/communicator.hpp"

#include <algorithm>

namespace fpanet {

void SingleRank::all_gather(std::span<const std::byte> mine, std::span<std::byte> all) {
  std::ranges::copy(mine, all.begin());
}

RankPart rank_part(std::int64_t count, int rank, int size) {
  const std::int64_t least = count / size, longer = count % size;
  return {rank * least + std::min<std::int64_t>(rank, longer), least + (rank < longer ? 1 : 0)};
}

}  // namespace fpanet
