#pragma once
// Ranks that are processes, on one machine or several, connected by MPI.

#include <memory>

#include "engine/distributed/communicator.hpp"

namespace fpanet {

/// Whether this build has MPI.
bool has_mpi();

/// Initialises MPI; the communicator finalises it. One at a time. Throws Error in a build without MPI.
std::unique_ptr<Communicator> connect_mpi_ranks();

/// MPI_Abort; where MPI has not been initialised, just the end of this process.
[[noreturn]] void end_mpi_ranks(int exit_code);

}  // namespace fpanet
