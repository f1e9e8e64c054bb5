#include <cstdlib>

#include "engine/core/error.hpp"
#include "engine/distributed/mpi_ranks.hpp"

namespace fpanet {

bool has_mpi() {
  return false;
}

std::unique_ptr<Communicator> connect_mpi_ranks() {
  fail(
      "several ranks were started, but this build has no MPI to connect them: install it "
      "(scripts/install_dependencies.sh --with mpi) and build again");
}

void end_mpi_ranks(int exit_code) {
  std::_Exit(exit_code);
}

}  // namespace fpanet
