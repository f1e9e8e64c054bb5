#pragma once
// Ranks that are processes, connected by TCP through rank 0. For launchers that start processes and name
// a place to meet, such as torchrun. All values go through rank 0, so MPI is faster with many ranks.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/distributed/communicator.hpp"

namespace fpanet {

/// Where rank 0 waits for the others.
struct MeetingPlace {
  std::string host;  ///< a name or an address of rank 0's machine
  std::uint16_t port = 0;
};

/// Connects this rank, of `size` ranks; returns when all are there. Throws Error if they are not within
/// `patience`, and says which are missing or where none could be reached.
std::unique_ptr<Communicator> connect_tcp_ranks(
    int rank, int size, const MeetingPlace& place,
    std::chrono::seconds patience = std::chrono::minutes(5));

}  // namespace fpanet
