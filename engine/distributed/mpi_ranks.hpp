#pragma once
// Ranks that are processes, on one machine or several, connected by MPI.

#include <memory>

#include "engine/distributed/communicator.hpp"

namespace fpanet {

/// Initialises MPI; the communicator finalises it. One at a time. Throws Error in a build without MPI.
std::unique_ptr<Communicator> connect_mpi_ranks();

/// MPI_Abort; in a build without MPI, whose only rank is this process, just its end.
[[noreturn]] void end_mpi_ranks(int exit_code);

}  // namespace fpanet
