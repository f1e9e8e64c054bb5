#pragma once
// Who has started this process, and as which of how many ranks.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/distributed/communicator.hpp"
#include "engine/distributed/tcp_ranks.hpp"

namespace fpanet {

enum class Launcher { none, mpi, torchrun, slurm };

struct Launch {
  Launcher by = Launcher::none;
  int rank = 0, size = 1;
  int local_rank = 0;  ///< among the ranks on this machine
  int local_size = 1;  ///< their number; 1 where the launcher does not say it
};

/// The value of an environment variable, or none.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
std::optional<std::string> environment_variable(const std::string& name);

/// Reads what launchers tell, in this order: mpirun of Open MPI (OMPI_COMM_WORLD_RANK, _SIZE,
/// _LOCAL_RANK) and of MPICH (PMI_RANK, PMI_SIZE, MPI_LOCALRANKID), torchrun (RANK, WORLD_SIZE,
/// LOCAL_RANK), srun (SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID); and the number of ranks on this
/// machine from OMPI_COMM_WORLD_LOCAL_SIZE, MPI_LOCALNRANKS, LOCAL_WORLD_SIZE and SLURM_NTASKS_PER_NODE. A
/// launcher that has set only a part of its other variables is none. Throws Error for values that are
/// no ranks.
Launch detect_launch(const Environment& environment = environment_variable);

/// Where ranks meet that are connected by TCP: MASTER_ADDR and MASTER_PORT. torchrun's agent may listen
/// at that port itself (TORCHELASTIC_USE_AGENT_STORE=True); then it is the next one. None if they are
/// not set. Throws Error if the port is none.
std::optional<MeetingPlace> meeting_place(const Environment& environment = environment_variable);

/// The ranks of a launch: one alone, those of MPI, or, if torchrun has started them or this build has no
/// MPI, those that TCP connects. Throws Error where they cannot be connected, because each would then
/// compute everything by itself.
std::unique_ptr<Communicator> connect_ranks(const Launch& launch,
                                            const Environment& environment = environment_variable);

/// Ends all connected ranks, whatever they are doing, with this exit code. For a rank that cannot go
/// on: the others would wait for it for ever.
[[noreturn]] void end_all_ranks(int exit_code);

}  // namespace fpanet
